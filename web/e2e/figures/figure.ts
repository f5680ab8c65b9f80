import { expect } from 'vitest';

// A Budget is how much may be used, of what was measured; most is what fails a run, on a machine that does other things as well.
interface Budget {
  name: string;
  unit: string;
  budget: number;
  most: number;
}

// figure prints what was measured beside its budget, and fails where it is far beyond it.
export function figure({ name, unit, budget, most }: Budget, measured: number[]) {
  const sorted = measured.toSorted((a, b) => a - b);
  const middle = sorted[sorted.length >> 1] ?? NaN;
  console.log(`${name}: ${middle.toFixed(0)} ${unit} of ${budget} ${unit} (${sorted.map((n) => n.toFixed(0)).join(', ')})`);
  expect(middle, name).toBeLessThan(most);
}
