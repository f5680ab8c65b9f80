// The beginning of a file, as far as a person looks at it. The server reads the whole of it; here a large file is never read.

export const previewBytes = 64 << 10;
const previewRows = 8;
export const mostColumns = 1_000; // that the server takes

export interface Row {
  line: number; // where it begins in the file
  cells: string[];
}

export interface Preview {
  format: 'csv' | 'jsonl';
  rows: Row[];
}

// read returns the first rows of a file.
export async function read(file: File): Promise<Preview> {
  const bytes = new Uint8Array(await file.slice(0, previewBytes).arrayBuffer());
  const text = decode(bytes);
  const whole = file.size <= previewBytes;
  if (/^\s*\{/.test(text)) {
    const lines = text.split('\n').map((line, i) => ({ line: i + 1, cells: [line.trim()] }));
    return { format: 'jsonl', rows: lines.filter((r) => r.cells[0] !== '').slice(0, previewRows) };
  }
  return { format: 'csv', rows: split(text, delimiterOf(text), previewRows + 1, whole) };
}

function decode(bytes: Uint8Array): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : bytes[1] === 0 ? 'utf-16le' : bytes[0] === 0 ? 'utf-16be' : 'utf-8';
  return new TextDecoder(utf16).decode(bytes);
}

// delimiterOf returns what is found most often in the first line.
export function delimiterOf(text: string): string {
  const first = text.slice(0, (text.indexOf('\n') + 1 || text.length + 1) - 1).replace(/"[^"]*"/g, '');
  return [',', ';', '\t', '|'].reduce((best, d) => (first.split(d).length > first.split(best).length ? d : best));
}

// split takes CSV apart (RFC 4180). A last row that may go on behind the text is left out, unless the text is whole.
export function split(text: string, delimiter: string, most: number, whole: boolean): Row[] {
  const rows: Row[] = [];
  let row: Row = { line: 1, cells: [] };
  let cell = '';
  let quoted = false;
  let line = 1;
  const endRow = () => {
    row.cells.push(cell);
    if (row.cells.length > 1 || row.cells[0] !== '') {
      rows.push(row);
    }
    cell = '';
    row = { line: line + 1, cells: [] };
  };
  for (let i = 0; i < text.length && rows.length < most; i++) {
    const c = text.charAt(i);
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') {
        cell += '"';
        i++;
      } else if (c === '"') {
        quoted = false;
      } else {
        cell += c;
      }
    } else if (c === '"' && cell === '') {
      quoted = true;
    } else if (c === delimiter) {
      row.cells.push(cell);
      cell = '';
    } else if (c === '\n') {
      endRow();
    } else if (c !== '\r') {
      cell += c;
    }
    line += c === '\n' ? 1 : 0;
  }
  if (whole && rows.length < most && (cell !== '' || row.cells.length > 0)) {
    endRow();
  }
  return rows;
}
