import { expect, it } from 'vitest';
import { begun, heard, tell, untold, type Typing } from './typing';

const typed = (t: Typing, text: string): Typing => ({ ...t, text });

it('keeps a letter that is typed while the URL changes', () => {
  let t = tell(typed(begun(''), 'pu'));
  t = typed(t, 'pum');
  t = heard(t, 'pu');
  expect([t.text, untold(t)]).toEqual(['pum', true]);
  t = heard(tell(t), 'pum');
  expect([t, untold(t)]).toEqual([begun('pum'), false]);
});

it('keeps what is typed when two changes come back one after the other, or only the second does', () => {
  const t = typed(tell(typed(tell(typed(begun(''), 'p')), 'pu')), 'pum');
  expect(heard(heard(t, 'p'), 'pu').text).toBe('pum');
  expect(heard(t, 'pu')).toEqual({ text: 'pum', value: 'pu', told: [] });
});

it('tells a text once, and again where it has changed back', () => {
  const t = tell(typed(begun(''), 'pu'));
  expect(untold(t)).toBe(false);
  expect(untold(typed(t, ''))).toBe(true);
});

it('shows what comes from elsewhere in the place of what was typed', () => {
  expect(heard(typed(begun('pump'), 'pum'), '')).toEqual(begun(''));
  expect(heard(tell(typed(begun('pump'), 'nobody would take this')), '')).toEqual(begun(''));
});
