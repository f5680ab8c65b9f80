import type { Kind } from '../devices/evidence';
import type { Address, Protocol } from './addresses';
import type { Shell } from './quote';

export const tools = ['mosquitto', 'curl', 'coap', 'paho', 'requests', 'arduino', 'espidf'] as const;
export type Tool = (typeof tools)[number];

export const systems = ['linux', 'macos', 'windows'] as const;
export type System = (typeof systems)[number];

export const protocols: Record<Tool, Protocol> = { mosquitto: 'mqtt', curl: 'http', coap: 'coap', paho: 'mqtt', requests: 'http', arduino: 'mqtt', espidf: 'mqtt' };

export function shellOf(system: System): Shell {
  return system === 'windows' ? 'cmd' : 'sh';
}

// systemOf guesses what a browser runs on.
export function systemOf(agent: string): System {
  return /windows/i.test(agent) ? 'windows' : /mac os|iphone|ipad/i.test(agent) ? 'macos' : 'linux';
}

// A Proof is what a device shows, as far as it is known here, and what a new one brings to be let in.
export type Proof =
  | { kind: 'ACCESS_TOKEN'; token: string }
  | { kind: 'MQTT_BASIC'; clientId: string; username: string; password: string }
  | { kind: 'X509_CERTIFICATE' }
  | { kind: 'PUBLIC_KEY'; audience: string }
  | { kind: 'JOIN'; key: string; secret: string; token: string };

// An Obstacle is why there is nothing to show.
export type Obstacle = 'mqttOnly' | 'tlsOnly' | 'noSigning' | 'signWithPython' | 'noCoapThere' | 'joinOtherwise' | 'off';

// obstacle returns what stands in the way of a tool with a kind of proof, if anything does.
export function obstacle(tool: Tool, system: System, kind: Kind | 'JOIN', tls: boolean): Obstacle | undefined {
  if (tool === 'coap' && system === 'windows') {
    return 'noCoapThere';
  }
  if ((kind === 'MQTT_BASIC' || kind === 'PUBLIC_KEY') && protocols[tool] !== 'mqtt') {
    return 'mqttOnly';
  }
  if (kind === 'PUBLIC_KEY' && (tool === 'arduino' || tool === 'espidf')) {
    return 'noSigning';
  }
  if (kind === 'PUBLIC_KEY' && tool === 'mosquitto' && system === 'windows') {
    return 'signWithPython';
  }
  if (kind === 'X509_CERTIFICATE' && !tls) {
    return 'tlsOnly';
  }
  if (kind === 'JOIN' && tool === 'espidf') {
    return 'joinOtherwise';
  }
  return undefined;
}

// The files that the commands expect beside them.
export const files = { ca: 'muster-ca.pem', certificate: 'device.pem', key: 'device.key' } as const;

export const topic = 'v1/devices/me/telemetry';
export const reading = '{"temperature":21.5}';

// A Way is all that a snippet is made of.
export interface Way {
  system: System;
  at: Address;
  device: string;
  proof: Proof;
  ca: string; // the certificates of the server's authority, for programs that hold them in themselves
}

// provisionRequest is what a new device asks with. It brings a token of its own, so that what follows is known before the answer.
export function provisionRequest(device: string, p: Extract<Proof, { kind: 'JOIN' }>): Record<string, string> {
  return { deviceName: device, provisionDeviceKey: p.key, provisionDeviceSecret: p.secret, token: p.token };
}
