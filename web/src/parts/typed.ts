// What people type into plain fields, as the API has it.

// instant returns a time that was typed in that of this browser.
export function instant(local: string): string | undefined {
  return local ? new Date(local).toISOString() : undefined;
}

// local returns an instant as a field for times shows it, to the minute.
export function local(at: string | undefined): string {
  if (!at) {
    return '';
  }
  const when = new Date(at);
  return new Date(when.getTime() - when.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

// lines returns the lines that hold something.
export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
