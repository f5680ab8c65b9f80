import react from '@vitejs/plugin-react';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

// squeezed puts a compressed file beside every one that is smaller so. The server sends it as it is.
function squeezed(): Plugin {
  return {
    name: 'squeezed',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle).filter((n) => n.startsWith('assets/'))) {
        const plain = await readFile(join(dir, name));
        const small = gzipSync(plain, { level: 9 });
        if (small.length < plain.length * 0.9) {
          await writeFile(join(dir, `${name}.gz`), small);
        }
      }
    },
  };
}

const server = process.env.MUSTER_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), squeezed()],
  build: {
    assetsInlineLimit: 0, // the policy allows no inline fonts or scripts
    modulePreload: { polyfill: false },
    manifest: true,
    reportCompressedSize: false,
    rolldownOptions: {
      // Fields are on nearly every page: together they compress better than one by one.
      output: { codeSplitting: { groups: [{ name: 'fields', test: /@mantine.core.*components.(Input|InlineInput|InputBase|TextInput|Textarea|PasswordInput|NativeSelect|Checkbox|Radio)/ }] } },
    },
  },
  server: { proxy: { '/v1': server, '/docs': server, '/oidc': server } },
});
