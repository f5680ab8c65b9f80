export type Shell = 'sh' | 'cmd';

// A Word is handed to a program as it is, unless the shell shall read it.
export type Word = string | { raw: string };

// quote writes a word so that a shell hands it to a program as it is.
export function quote(shell: Shell, word: string): string {
  return shell === 'sh' ? sh(word) : cmd(word);
}

function sh(word: string): string {
  return /^[\w/:=.,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

// Programs on Windows take their command line apart by themselves: a quote in a word has a backslash in front, and so have backslashes before it.
// The Command Prompt looks for characters that mean something first, and believes that a quote in a word ends it.
function cmd(word: string): string {
  if (/^[\w/:=.,@+-]+$/.test(word)) {
    return word;
  }
  const quoted = `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
  const misread = word.includes('%') || (word.includes('"') && /[&|<>^()!]/.test(word));
  return misread ? quoted.replace(/["&|<>^()%!]/g, '^$&') : quoted;
}

// command writes a command, a line for each group of its words.
export function command(shell: Shell, groups: Word[][]): string {
  const on = shell === 'sh' ? ' \\\n  ' : ' ^\n  ';
  return groups
    .filter((words) => words.length > 0)
    .map((words) => words.map((w) => (typeof w === 'string' ? quote(shell, w) : w.raw)).join(' '))
    .join(on);
}
