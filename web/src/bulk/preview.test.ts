import { expect, it } from 'vitest';
import { delimiterOf, previewBytes, read, split } from './preview';

it.each([
  ['a,b\n1,2', ','],
  ['a;b;c\n1,2;3', ';'],
  ['a\tb', '\t'],
  ['"a,b,c"|d', '|'],
  ['name', ','],
])('finds the delimiter of %j', (text, delimiter) => {
  expect(delimiterOf(text)).toBe(delimiter);
});

it('takes quotes apart, and knows in which line each row begins', () => {
  expect(split('name,label\r\n"a","two\nlines"\r\n\n"say ""x""",b', ',', 9, true)).toEqual([
    { line: 1, cells: ['name', 'label'] },
    { line: 2, cells: ['a', 'two\nlines'] },
    { line: 5, cells: ['say "x"', 'b'] },
  ]);
});

it('leaves out a row that may go on behind what was read', () => {
  expect(split('a,b\n1,2\n3,', ',', 9, false)).toHaveLength(2);
  expect(split('a,b\n1,2\n3,', ',', 9, true)).toHaveLength(3);
});

it('reads the beginning of a file alone, in the encodings of spreadsheets', async () => {
  const large = new File(['name\n', 'x'.repeat(10 * previewBytes)], 'large.csv');
  expect((await read(large)).rows).toEqual([{ line: 1, cells: ['name'] }]);
  const utf16 = new File([new Uint8Array([0xff, 0xfe, ...[...'name\nä'].flatMap((c) => [c.charCodeAt(0), 0])])], 'utf16.csv');
  expect((await read(utf16)).rows.map((r) => r.cells)).toEqual([['name'], ['ä']]);
  expect(await read(new File(['{"name":"a"}\n\n{"name":"b"}'], 'a.jsonl'))).toEqual({
    format: 'jsonl',
    rows: [
      { line: 1, cells: ['{"name":"a"}'] },
      { line: 3, cells: ['{"name":"b"}'] },
    ],
  });
});
