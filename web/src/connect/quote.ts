export type Shell = 'sh' | 'cmd';

// A Word is handed to a program as it is, unless the shell shall read it.
export type Word = string | { raw: string };

// quote writes a word so that a shell hands it to a program as it is.
export function quote(shell: Shell, word: string): string {
  return shell === 'sh' ? sh(word) : cmd(word);
}

// A word with = in front is another one to the shell of macOS.
function sh(word: string): string {
  return /^(?!=)[\w/:=.,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

// Programs on Windows take their command line apart by themselves: a quote in a word has a backslash in front, and so have backslashes before it.
// The Command Prompt looks for characters that mean something first, and believes that a quote in a word ends it: where there is another
// one of them than in pairs, it would take all that follows for something else than it is.
function cmd(word: string): string {
  if (/^[\w/:=.,@+-]+$/.test(word)) {
    return word;
  }
  const quoted = `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
  const quotes = word.split('"').length - 1;
  const misread = word.includes('%') || quotes % 2 === 1 || (quotes > 0 && /[&|<>^()!]/.test(word));
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
