// DER, as far as certificates and requests for them need it.

export interface Element {
  tag: number;
  body: Uint8Array;
  whole: Uint8Array;
}

export const tags = { integer: 0x02, bits: 0x03, oid: 0x06, sequence: 0x30, context: 0xa0 } as const;

// elements returns what bytes consist of. It throws where they are no DER.
export function elements(bytes: Uint8Array): Element[] {
  const all: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = byte(bytes, at);
    let length = byte(bytes, at + 1);
    let start = at + 2;
    if (length >= 0x80) {
      const size = length - 0x80;
      if (size < 1 || size > 3) {
        throw new RangeError('a length of DER');
      }
      length = 0;
      for (let i = 0; i < size; i++) {
        length = length * 256 + byte(bytes, start++);
      }
    }
    const end = start + length;
    if (end > bytes.length) {
      throw new RangeError('the end of DER');
    }
    all.push({ tag, body: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return all;
}

function byte(bytes: Uint8Array, at: number): number {
  const value = bytes[at];
  if (value === undefined) {
    throw new RangeError('the end of DER');
  }
  return value;
}

// element returns the element of a tag with these parts in it.
export function element(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const body = join(parts);
  const length = body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return join([Uint8Array.from([tag, ...length]), body]);
}

// whole returns the INTEGER of a number without sign, whose first byte counts most.
export function whole(number: Uint8Array): Uint8Array {
  let from = 0;
  while (from < number.length - 1 && number[from] === 0) {
    from++;
  }
  const digits = number.subarray(from);
  return element(tags.integer, (digits[0] ?? 0) >= 0x80 ? join([Uint8Array.from([0]), digits]) : digits);
}

function join(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// oid returns the numbers of an object identifier, with dots between them.
export function oid(body: Uint8Array): string {
  const numbers: number[] = [];
  let value = 0;
  for (const b of body) {
    value = value * 128 + (b & 0x7f);
    if (b < 0x80) {
      numbers.push(value);
      value = 0;
    }
  }
  const [both = 0, ...rest] = numbers;
  const first = Math.min(Math.floor(both / 40), 2);
  return [first, both - first * 40, ...rest].join('.');
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

// pem writes DER as a text.
export function pem(label: string, der: Uint8Array): string {
  const text = btoa(String.fromCharCode(...der)).replace(/.{64}/g, '$&\n');
  return `-----BEGIN ${label}-----\n${text.trimEnd()}\n-----END ${label}-----\n`;
}

// blocks returns what stands under a label in a text, as DER.
export function blocks(label: string, text: string): Uint8Array[] {
  const found = text.matchAll(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, 'g'));
  return Array.from(found, ([, base64 = '']) => Uint8Array.from(atob(base64.replace(/\s/g, '')), (c) => c.charCodeAt(0)));
}
