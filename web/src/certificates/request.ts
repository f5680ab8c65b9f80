import { element, pem, tags, whole } from './der';

// A Keyed is a private key, and the request for a certificate for it, both PEM.
export interface Keyed {
  key: string;
  csr: string;
}

// canMakeKeys tells whether this browser makes keys here. Over plain HTTP from elsewhere it does not.
export function canMakeKeys(): boolean {
  return globalThis.crypto.subtle !== undefined;
}

const ecdsaWithSHA256 = element(tags.sequence, element(tags.oid, Uint8Array.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])));

// makeKey makes a key on P-256 in this browser, which tells it to nobody.
export async function makeKey(): Promise<Keyed> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const [pkcs8, spki] = await Promise.all([crypto.subtle.exportKey('pkcs8', privateKey), crypto.subtle.exportKey('spki', publicKey)]);
  const version = element(tags.integer, Uint8Array.from([0]));
  const subject = element(tags.sequence); // the server says who it is for
  const info = element(tags.sequence, version, subject, new Uint8Array(spki), element(tags.context));
  const signature = new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, info as Uint8Array<ArrayBuffer>));
  const half = signature.length / 2;
  const signed = element(tags.sequence, whole(signature.subarray(0, half)), whole(signature.subarray(half)));
  const csr = element(tags.sequence, info, ecdsaWithSHA256, element(tags.bits, Uint8Array.from([0]), signed));
  return { key: pem('PRIVATE KEY', new Uint8Array(pkcs8)), csr: pem('CERTIFICATE REQUEST', csr) };
}
