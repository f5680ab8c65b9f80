import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

interface Chunk {
  file: string;
  imports?: string[];
}

const dist = join(import.meta.dirname, '../dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;

// closure returns the scripts that have to be there before these chunks run.
function closure(...keys: string[]): Set<string> {
  const files = new Set<string>();
  const visit = (key: string) => {
    const chunk = manifest[key];
    if (!chunk) {
      throw new Error(`${key} is not in the build`);
    }
    if (!files.has(chunk.file)) {
      files.add(chunk.file);
      chunk.imports?.forEach(visit);
    }
  };
  keys.forEach(visit);
  return files;
}

function kilobytes(files: Iterable<string>): number {
  let sum = 0;
  for (const file of files) {
    if (file.endsWith('.js')) {
      sum += gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
    }
  }
  return sum / 1000;
}

it('shows the first page after 180 kB of JavaScript at most', () => {
  expect(kilobytes(closure('index.html', 'src/app/Shell.tsx', 'src/overview/OverviewPage.tsx'))).toBeLessThan(180);
});

it('has 400 kB of JavaScript at most', () => {
  expect(kilobytes(new Set(Object.values(manifest).map((c) => c.file)))).toBeLessThan(400);
});

it('is sent compressed', () => {
  for (const { file } of Object.values(manifest)) {
    if (file.endsWith('.js') && statSync(join(dist, file)).size > 2_000) {
      expect(statSync(join(dist, `${file}.gz`)).size, file).toBeGreaterThan(0);
    }
  }
});
