import { expect, it } from 'vitest';
import { english, inGerman } from '../words/said';
import german from '../words/german.json';
import { asText } from './text';
import { words } from './words';

const attempt: Parameters<typeof asText>[0] = {
  number: 7,
  at: '2026-03-01T12:00:00Z',
  count: 3,
  action: 'provision',
  transport: 'coap',
  remote: '192.0.2.1',
  name: 'pump-1',
  reason: 'provision-secret-wrong',
  title: 'the secret is wrong',
  detail: 'the secret is wrong',
  advice: 'Correct it.',
  checks: [
    { code: 'provision.key', name: 'key', asks: 'there is a key', result: 'passed' },
    { code: 'provision.secret', name: 'secret', asks: 'the secret is the key’s', result: 'failed' },
    { code: 'server', name: 'server', asks: 'the rest', result: 'not reached' },
  ],
};

it('writes an attempt as a text', () => {
  expect(asText(attempt, words.en, english)).toBe(`Attempt 7, 2026-03-01T12:00:00Z: provision over CoAP, 3 times
Who: pump-1
From: 192.0.2.1
Outcome: provision-secret-wrong: the secret is wrong
What to do: Correct it.
[+] There is a key
[!] The secret is the key’s
[ ] The rest
`);
});

it('writes it in German, and as the server says it what happened this one time', () => {
  expect(asText({ ...attempt, detail: 'it has a blank at its end' }, words.de as typeof words.en, inGerman(german))).toBe(`Versuch 7, 2026-03-01T12:00:00Z: Anmeldung über CoAP, 3-mal
Wer: pump-1
Von: 192.0.2.1
Ergebnis: provision-secret-wrong: Das Geheimnis gehört nicht zu diesem Schlüssel
Dieses Mal: it has a blank at its end
Was zu tun ist: Geben Sie der Firmware das Geheimnis ihres Schlüssels, oder legen Sie einen neuen Schlüssel an.
[+] Es gibt einen Schlüssel dieses Namens
[!] Das Geheimnis gehört zum Schlüssel
[ ] Der Server hat Platz dafür
`);
});
