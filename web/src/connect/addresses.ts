import type { Schemas } from '../api/client';

export type Protocol = 'mqtt' | 'http' | 'coap';

// An Address is where devices reach the server with one protocol.
export interface Address {
  host: string;
  port: number;
  tls: boolean;
  near: boolean; // from the server's own machine alone
}

export type Addresses = Partial<Record<Schemas['Listener']['name'], Address>>;

// addressesOf returns where the server is reached. One that listens everywhere is reached by the name by which the browser has reached it.
export function addressesOf(listeners: Schemas['Listener'][], browserHost: string): Addresses {
  const found: Addresses = {};
  for (const l of listeners) {
    const cut = l.address.lastIndexOf(':');
    const bound = bare(l.address.slice(0, cut));
    const host = ['', '0.0.0.0', '::'].includes(bound) ? bare(browserHost) : bound;
    found[l.name] = { host, port: Number(l.address.slice(cut + 1)), tls: l.tls, near: isNear(bound) };
  }
  return found;
}

// isNear tells whether an address leads nowhere but to the machine itself.
export function isNear(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

// bracketed is a host as URLs have it.
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

// isFor tells whether a certificate for these names is good for a host.
export function isFor(names: string[], host: string): boolean {
  const wanted = host.toLowerCase();
  return names.some((n) => {
    const name = n.toLowerCase();
    return name === wanted || (name.startsWith('*.') && wanted.includes('.') && wanted.slice(wanted.indexOf('.')) === name.slice(1));
  });
}
