// What is typed into a field of a list goes into the URL and comes back from there a moment later, when more may have been typed.

export interface Typing {
  text: string; // in the field
  value: string; // of the list
  told: readonly string[]; // what the list was told and has not taken over yet, in its order
}

export function begun(value: string): Typing {
  return { text: value, value, told: [] };
}

// heard is what is in the field when the list has another value. One that it was told itself leaves the field as it is; any other
// comes from elsewhere: the browser went back, or filters were cleared.
export function heard(t: Typing, value: string): Typing {
  const at = t.told.indexOf(value);
  return at < 0 ? begun(value) : { ...t, value, told: t.told.slice(at + 1) };
}

// untold tells whether the list still has to be told what is in the field.
export function untold({ text, value, told }: Typing): boolean {
  return text !== (told.at(-1) ?? value);
}

export function tell(t: Typing): Typing {
  return { ...t, told: [...t.told, t.text] };
}
