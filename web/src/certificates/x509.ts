import { blocks, elements, hex, oid, tags, type Element } from './der';

// X509 is what people want to know of a certificate that they have as a text. Nothing is decided by it: that the server does.
export interface X509 {
  subject: string; // as in RFC 2253, the name first
  issuer: string;
  serial: string;
  notBefore: string;
  notAfter: string;
  key: string;
  names: string[];
}

// certificatesIn returns the certificates of a text, and leaves out what is none.
export function certificatesIn(text: string): X509[] {
  try {
    return blocks('CERTIFICATE', text).flatMap((der) => read(der) ?? []);
  } catch {
    return [];
  }
}

function read(der: Uint8Array): X509 | undefined {
  try {
    const tbs = within(within(elements(der)[0])[0]);
    const [serial, , issuer, validity, subject, key, ...rest] = tbs[0]?.tag === tags.context ? tbs.slice(1) : tbs;
    const [notBefore, notAfter] = within(validity);
    return {
      serial: hex(body(serial)).replace(/^00(?=.)/, ''),
      subject: name(subject),
      issuer: name(issuer),
      notBefore: time(notBefore),
      notAfter: time(notAfter),
      key: keyKind(key),
      names: rest.filter((e) => e.tag === 0xa3).flatMap(alternativeNames),
    };
  } catch {
    return undefined;
  }
}

function body(e: Element | undefined): Uint8Array {
  if (!e) {
    throw new RangeError('an element is missing');
  }
  return e.body;
}

function within(e: Element | undefined): Element[] {
  return elements(body(e));
}

const utf8 = new TextDecoder();
const text = (e: Element | undefined) => utf8.decode(body(e));

const attributes: Record<string, string> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.17': 'POSTALCODE',
};

function name(e: Element | undefined): string {
  return within(e)
    .toReversed()
    .map((set) =>
      within(set)
        .map((pair) => {
          const [type, value] = within(pair);
          const id = oid(body(type));
          const known = attributes[id];
          return known ? `${known}=${escaped(text(value))}` : `${id}=#${hex(value?.whole ?? new Uint8Array())}`;
        })
        .join('+'),
    )
    .join(',');
}

function escaped(value: string): string {
  return value.replace(/[,+"\\<>;]/g, '\\$&').replace(/^[# ]| $/g, '\\$&');
}

// commonName returns the name in a subject, or all of it where there is none.
export function commonName(subject: string): string {
  const found = /(?:^|[,+])CN=((?:\\.|[^,+\\])*)/.exec(subject)?.[1];
  return found === undefined ? subject : found.replace(/\\(.)/g, '$1');
}

function time(e: Element | undefined): string {
  const digits = text(e);
  const whole = e?.tag === 0x17 ? `${Number(digits.slice(0, 2)) < 50 ? '20' : '19'}${digits}` : digits;
  return whole.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
}

const curves: Record<string, string> = { '1.2.840.10045.3.1.7': 'P-256', '1.3.132.0.34': 'P-384', '1.3.132.0.35': 'P-521' };

function keyKind(e: Element | undefined): string {
  const [algorithm, bits] = within(e);
  const [type, parameters] = within(algorithm);
  switch (oid(body(type))) {
    case '1.2.840.10045.2.1':
      return `ECDSA ${curves[oid(body(parameters))] ?? ''}`.trim();
    case '1.2.840.113549.1.1.1': {
      const [modulus] = within(elements(body(bits).subarray(1))[0]);
      return `RSA ${hex(body(modulus)).replace(/^00/, '').length * 4}`;
    }
    case '1.3.101.112':
      return 'Ed25519';
    default:
      return oid(body(type));
  }
}

// What kinds of subjectAltName are called, by their tags.
const kinds: Record<number, string> = { 0x81: 'email:', 0x82: '', 0x86: '' };

function alternativeNames(e: Element): string[] {
  const extension = within(within(e)[0]).find((x) => oid(body(within(x)[0])) === '2.5.29.17');
  if (!extension) {
    return [];
  }
  return within(elements(body(within(extension).at(-1)))[0]).flatMap((n) => {
    const kind = kinds[n.tag];
    return kind === undefined ? [] : [kind + utf8.decode(n.body)];
  });
}
