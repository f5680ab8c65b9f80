import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const binary = resolve(import.meta.dirname, '../../bin/muster');

// A Server is the real one, with a data directory and ports of its own.
export interface Server {
  url: string;
  mqtt: number;
  mqtts: number;
  setup: string; // the link of the first start
  root: string; // the file of its own authority's certificate
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
  bulk(csv: string): Promise<void>; // files devices, and returns when they are there
  stop(): Promise<void>;
}

export async function serve(): Promise<Server> {
  const data = await mkdtemp(join(tmpdir(), 'muster-e2e-'));
  const child = spawn(binary, ['serve', '--data', join(data, 'd'), '--log-level', 'warn', ...listeners()], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => child.once('exit', done));
  const text = await said(child, /\/setup\?token=\S+/);
  const url = `http://${/HTTP\s+http:\/\/(\S+)/.exec(text)?.[1]}`;
  const token = (await readFile(join(data, 'd', 'api-token'), 'utf8')).trim();
  return {
    url,
    mqtt: Number(/MQTT\s+mqtt:\/\/\S+:(\d+)/.exec(text)?.[1]),
    mqtts: Number(/mqtts:\/\/\S+:(\d+)/.exec(text)?.[1]),
    setup: `${url}${/\/setup\?token=\S+/.exec(text)?.[0]}`,
    root: /root certificate\s+(\S+)/.exec(text)?.[1] ?? '',
    async api(method, path, body) {
      const response = await fetch(url + path, {
        method,
        headers: { Authorization: `Bearer ${token}`, ...(body ? { 'Content-Type': 'application/json' } : {}) },
        body: body ? JSON.stringify(body) : undefined,
      });
      if (!response.ok) {
        throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      }
      const answer = await response.text();
      return answer ? JSON.parse(answer) : undefined;
    },
    async bulk(csv) {
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'text/csv' };
      const begun = await fetch(`${url}/v1/imports?file=devices.csv`, { method: 'POST', headers, body: csv });
      let state = (await begun.json()) as { id: string; finishedAt?: string };
      while (!state.finishedAt) {
        await new Promise((later) => setTimeout(later, 50));
        state = (await (await fetch(`${url}/v1/imports/${state.id}`, { headers })).json()) as typeof state;
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

function listeners(): string[] {
  return ['http', 'https', 'mqtt', 'mqtts', 'coap', 'coaps'].flatMap((name) => [`--${name}`, '127.0.0.1:0']);
}

// said returns what a program has written once it matches.
function said(child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((found, lost) => {
    let text = '';
    child.stdout?.on('data', (more: Buffer) => {
      text += more.toString();
      if (wanted.test(text)) {
        found(text);
      }
    });
    child.once('error', lost);
    child.once('exit', (status) => lost(new Error(`the server ended with ${status}: ${text}`)));
  });
}
