import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

type Role = Parameters<Page['getByRole']>[0];

// byKeyboard is a page in the hands of somebody who has no mouse. Wherever they get to, it must be seen where they are.
export function byKeyboard(page: Page) {
  const press = async (key: string) => {
    await page.keyboard.press(key);
    expect(await page.evaluate(unseen), `where the focus is after ${key}`).toBe('');
  };
  const get = async (key: string, role: Role, name: string | RegExp, within: Page | Locator = page) => {
    const wanted = within.getByRole(role, { name, exact: true });
    await wanted.first().waitFor();
    const there = () => wanted.evaluateAll((all) => all.includes(document.activeElement as HTMLElement));
    for (let i = 0; i < 120; i++) {
      if (await there()) {
        return;
      }
      await press(key);
    }
    throw new Error(`${key} does not get to the ${role} ${name}`);
  };
  // to goes on with Tab until the focus is on what is called so, and back goes back.
  const to = (role: Role, name: string | RegExp, within?: Locator) => get('Tab', role, name, within);
  const back = (role: Role, name: string | RegExp) => get('Shift+Tab', role, name);
  return {
    press,
    to,
    back,
    type: async (field: string, text: string, role: Role = 'textbox') => {
      await to(role, field);
      await page.keyboard.type(text);
    },
    enter: async (role: Role, name: string | RegExp) => {
      await to(role, name);
      await page.keyboard.press('Enter');
    },
    // choose takes what is called so out of a menu.
    choose: async (menu: string | RegExp, item: string) => {
      await to('button', menu);
      await page.keyboard.press('Enter');
      await get('ArrowDown', 'menuitem', item);
      await page.keyboard.press('Enter');
    },
    // asked opens a dialog by what has the focus, and does something in it. It takes the focus, and gives it back when it is gone, unless
    // what it was opened by is gone as well.
    asked: async (work: () => Promise<void>) => {
      const opener = await page.evaluateHandle(() => document.activeElement);
      const dialog = page.getByRole('dialog');
      await page.keyboard.press('Enter');
      await expect.poll(() => dialog.evaluateAll((all) => all.some((d) => d.contains(document.activeElement))), { interval: 20 }).toBe(true);
      await work();
      await dialog.waitFor({ state: 'detached' });
      const where = () => page.evaluate((o) => (document.activeElement === o ? 'there' : o?.isConnected ? 'elsewhere' : 'gone'), opener);
      await expect.poll(where, { interval: 20, message: 'where the focus is after the dialog' }).not.toBe('elsewhere');
    },
  };
}

// unseen says what has the focus and does not show it: by an outline, or a border that is coloured. It runs in the page.
function unseen(): string {
  const at = document.activeElement;
  if (!at || at === document.body) {
    return '';
  }
  const box = at.getBoundingClientRect();
  const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const probe = document.body.appendChild(document.createElement('i'));
  probe.style.color = 'var(--act)';
  const act = getComputedStyle(probe).color;
  probe.remove();
  const shows = (e: Element | null, up: number): boolean => {
    if (!e || up > 2) {
      return false;
    }
    const style = getComputedStyle(e);
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.borderBottomColor === act || shows(e.parentElement, up + 1);
  };
  return inside && shows(at, 0) ? '' : `${inside ? 'not shown' : 'out of sight'}: ${at.outerHTML.slice(0, 200)}`;
}
