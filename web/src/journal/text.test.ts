import { expect, it } from 'vitest';
import { asText } from './text';

it('writes an attempt as a text', () => {
  expect(
    asText({
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
        { name: 'key', asks: 'there is a key', result: 'passed' },
        { name: 'secret', asks: 'the secret is the key’s', result: 'failed' },
        { name: 'rest', asks: 'the rest', result: 'not reached' },
      ],
    }),
  ).toBe(`Attempt 7, 2026-03-01T12:00:00Z: provision over CoAP from 192.0.2.1, 3 times
Name: pump-1
Outcome: provision-secret-wrong: the secret is wrong
What to do: Correct it.
[+] there is a key
[!] the secret is the key’s
[ ] the rest
`);
});
