import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { command, quote } from './quote';

it.each(['plain', '{"t":21.5}', "it's", 'a b', '$HOME `id` \\', '', 'ü%2F!', '=ls', "';id;'"])('hands %j to a program of a shell as it is', (word) => {
  expect(execFileSync('sh', ['-c', `printf %s ${quote('sh', word)}`]).toString()).toBe(word);
});

it.each([
  ['plain', 'plain'],
  ['{"t":21.5}', '"{\\"t\\":21.5}"'],
  ['a b', '"a b"'],
  ['ends with \\', '"ends with \\\\"'],
  ['a\\"b', '^"a\\\\\\^"b^"'],
  ['a"b"', '"a\\"b\\""'],
  ['', '""'],
  ['{"a":"x&y"}', '^"{\\^"a\\^":\\^"x^&y\\^"}^"'],
  ['50%', '^"50^%^"'],
])('writes %j for the Command Prompt', (word, written) => {
  expect(quote('cmd', word)).toBe(written);
});

it('lets no quote in one word open another for the Command Prompt', () => {
  expect(command('cmd', [['-i', 'a"b', '-u', 'x&calc']])).toBe('-i ^"a\\^"b^" -u "x&calc"');
});

it('goes on in the next line as the shell does', () => {
  expect(command('sh', [['a', 'b'], [], ['c d', { raw: '"$e"' }]])).toBe('a b \\\n  \'c d\' "$e"');
  expect(command('cmd', [['a'], ['b']])).toBe('a ^\n  b');
});
