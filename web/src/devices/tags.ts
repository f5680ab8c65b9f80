// Tags as people type them: one a line, name=value.

export function tagLines(tags: Record<string, string> | undefined): string {
  return Object.entries(tags ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

export function parseTags(text: string): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    const name = (at < 0 ? line : line.slice(0, at)).trim();
    if (name) {
      tags[name] = at < 0 ? '' : line.slice(at + 1).trim();
    }
  }
  return tags;
}

// tagsText writes tags in one line, to be read.
export function tagsText(tags: Record<string, string> | undefined): string {
  return Object.entries(tags ?? {})
    .map(([name, value]) => (value ? `${name}=${value}` : name))
    .join(', ');
}
