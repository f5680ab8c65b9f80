// What a page shows is in its URL, as plain texts: ?state=active&search=42.

export function parse(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringify(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') {
      query.set(name, String(value));
    }
  }
  const text = query.toString();
  return text && `?${text}`;
}

// texts returns what reads these parts of a URL and leaves out everything else.
export function texts<const Name extends string>(...names: Name[]) {
  return (search: Record<string, unknown>): { [N in Name]?: string } => {
    const out: { [N in Name]?: string } = {};
    for (const name of names) {
      const value = search[name];
      if (typeof value === 'string' && value !== '') {
        out[name] = value;
      }
    }
    return out;
  };
}

// placeOf reads where a list of numbered things goes on.
export function placeOf(after: string | undefined): number | undefined {
  return after && /^\d+$/.test(after) ? Number(after) : undefined;
}

// oneOf returns a text if it is one of these, else the first of them.
export function oneOf<const T extends string>(text: string | undefined, ...all: [T, ...T[]]): T {
  return all.find((one) => one === text) ?? all[0];
}
