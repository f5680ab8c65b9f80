import type { Page } from 'playwright-core';
import { admin, signIn } from './browser';

// A Visit is a page that pictures are taken of and that is checked for accessibility: its name, where it is, and what is done there first.
type Visit = [name: string, path: string, before?: (page: Page) => Promise<unknown>];

const visits: Visit[] = [
  ['overview', '/', drawn],
  ['devices', '/devices'],
  ['devices-none', '/devices?search=nothing+like+this'],
  ['add-device', '/add-device'],
  ['device-values', '/devices/greenhouse-07'],
  ['device-charts', '/devices/greenhouse-07?range=week&keys=humidity,temperature,mode', charted],
  ['device-attributes', '/devices/greenhouse-07?part=attributes'],
  [
    'attribute-edit',
    '/devices/greenhouse-07?part=attributes',
    async (page) => {
      await page.getByRole('button', { name: 'Change thresholds' }).click();
      await page.getByLabel('Value').fill('{"low": 12, "high": }');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
    },
  ],
  ['device-credentials', '/devices/greenhouse-07?part=credentials'],
  ['device-journal', '/devices/greenhouse-07?part=journal'],
  ['device-trace', '/devices/greenhouse-07?part=trace'],
  ['device-audit', '/devices/greenhouse-07?part=audit'],
  ['devices-chosen', '/devices?label=e&columns=state,label,tags', (page) => page.getByRole('checkbox', { name: 'Select those that are shown' }).check()],
  ['profiles', '/profiles'],
  ['add-profile', '/add-profile', provisioning],
  ['profile-keys', '/profiles/greenhouse'],
  ['profile-details', '/profiles/greenhouse?part=details'],
  ['profile-transport', '/profiles/greenhouse?part=connection'],
  ['profile-security', '/profiles/greenhouse?part=security'],
  ['rehearsal', '/profiles/greenhouse', rehearsal],
  ['profile-provisioning', '/profiles/plant?part=provisioning', tryOut],
  ['profile-certificates', '/profiles/greenhouse?part=certificates'],
  ['key-edit', '/profiles/greenhouse', (page) => page.getByRole('button', { name: 'More: greenhouse-2026' }).click().then(() => page.getByRole('menuitem', { name: 'Edit' }).click())],
  ['key', '/profiles/greenhouse', (page) => page.getByRole('link', { name: /What greenhouse-2026 has let in/ }).click().then(() => page.getByText('Let in from').waitFor())],
  ['why', '/why'],
  ['why-strangers', '/why?who=strangers'],
  ['why-none', '/why?name=nobody'],
  ['story', '/why?reason=provision-key-exhausted', (page) => page.getByRole('link', { name: 'provision-key-exhausted' }).first().click()],
  [
    'mend',
    '/why?reason=provision-key-exhausted',
    async (page) => {
      await page.getByRole('link', { name: 'provision-key-exhausted' }).first().click();
      await page.getByRole('button', { name: 'Raise the key’s maximum' }).click();
    },
  ],
  ['waiting', '/waiting', (page) => page.getByRole('checkbox', { name: 'Select gate-north' }).check()],
  ['waiting-none', '/waiting?state=rejected'],
  ['connect', '/connect'],
  ['connect-device', '/connect/greenhouse-08?os=linux', reported],
  ['connect-refused', '/connect/greenhouse-08?os=linux&tool=curl&over=tls', refused],
  ['connect-certificate', '/connect/greenhouse-08?os=macos&kind=X509_CERTIFICATE'],
  ['join', '/join/greenhouse?os=linux'],
  ['certificates', '/certificates'],
  ['certificate', '/certificates?search=greenhouse-05', opened],
  ['issue-certificate', '/issue-certificate'],
  [
    'certificate-issued',
    '/issue-certificate?device=greenhouse-07',
    async (page) => {
      await page.getByRole('button', { name: 'Issue certificate' }).click();
      await page.getByText('It is shown this once').waitFor();
    },
  ],
  ['revoke-certificate', '/certificates?search=greenhouse-05', (page) => opened(page).then(() => page.getByRole('button', { name: 'Revoke' }).click())],
  ['authority', '/certificates/authority'],
  ['other-authorities', '/certificates/others'],
  ['expiry', '/certificates/expiry', (page) => page.getByRole('link', { name: /: 4$/ }).first().click()],
  ['campaigns', '/certificates/campaigns'],
  ['campaign', '/certificates/campaigns', opened],
  ['add-campaign', '/add-campaign?profile=greenhouse'],
  ['check-certificate', '/certificates/check'],
  ['bulk', '/bulk'],
  ['bulk-mistakes', '/bulk', mistakes],
  ['bulk-import', '/bulk', (page) => page.getByRole('link', { name: 'meters.csv' }).first().click().then(() => page.getByText('What is wrong').waitFor())],
  ['settings-server', '/settings/server'],
  ['settings-users', '/settings/users'],
  ['settings-tokens', '/settings/tokens'],
  ['settings-limits', '/settings/limits'],
  ['settings-configuration', '/settings/configuration'],
  ['settings-backup', '/settings/backup'],
  ['settings-metrics', '/settings/metrics'],
  ['settings-audit', '/settings/audit'],
  ['settings-audit-entry', '/settings/audit?noun=device&name=greenhouse-05', (page) => page.getByRole('link', { name: 'Device: changed' }).first().click()],
  ['account', '/account'],
  ['device-unknown', '/devices/nobody'],
  ['delete', '/devices/greenhouse-07', (page) => page.getByRole('button', { name: 'More' }).click().then(() => page.getByRole('menuitem', { name: 'Delete' }).click())],
  ['palette', '/devices', (page) => page.keyboard.press('Control+k').then(() => page.getByRole('combobox', { name: 'Find a page or a device' }).fill('green'))],
];

// drawn waits until charts are there, which are loaded after the page.
async function drawn(page: Page) {
  await page.locator('canvas').first().waitFor();
}

// charted goes to what a device has reported over time.
async function charted(page: Page) {
  await drawn(page);
  await page.getByRole('region', { name: 'Over time' }).evaluate((part) => part.scrollIntoView());
}

// opened opens the first row of a list.
function opened(page: Page): Promise<void> {
  return page.getByRole('row').nth(1).getByRole('link').first().click();
}

// provisioning goes to the fourth step of the wizard.
async function provisioning(page: Page) {
  await page.getByLabel('Name').fill('pumps');
  for (let step = 0; step < 3; step++) {
    await page.getByRole('button', { name: 'Next' }).click();
  }
}

// reported waits until the page listens, and has the device report.
async function reported(page: Page) {
  await page.getByText('listening', { exact: true }).waitFor();
  await page.evaluate(() => fetch('/api/v1/greenhouse-token-08-0123456789/telemetry', { method: 'POST', body: '{"temperature":21.5,"humidity":64}' }));
  await page.getByText('It has arrived').waitFor();
}

// refused does it with a mistake in the token.
async function refused(page: Page) {
  await page.getByText('listening', { exact: true }).waitFor();
  await page.evaluate(() => fetch('/api/v1/greenhouse-token-80-0123456789/telemetry', { method: 'POST', body: '{"temperature":21.5}' }));
  await page.getByText('It was refused').waitFor();
}

// rehearsal tries a change before it is saved.
async function rehearsal(page: Page) {
  await page.getByRole('link', { name: 'Device provisioning' }).click();
  await page.getByRole('radio', { name: 'Disabled' }).check();
  await page.getByRole('button', { name: 'Rehearse' }).click();
  await page.getByText('It would have let in').waitFor();
}

// tryOut tries a pattern on a certificate in which it finds nothing.
async function tryOut(page: Page) {
  const authority = page.getByLabel('Certificates of the authority');
  await authority.waitFor();
  await page.getByLabel('Try it on a certificate').fill(await authority.inputValue());
  await page.getByText('certificate-name-unfit').waitFor();
}

// mistakes has a file judged, some rows of which are wrong.
async function mistakes(page: Page) {
  const text = 'Name;Profile;Label;Hall;tags\nmeter-1;meters;Mill;3;row=b\nmeter-2;metres;Bakery;3;row=c\nmeter-3;meters;Dairy;4;=d\n';
  await page.locator('input[type=file]').setInputFiles({ name: 'meters.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.getByLabel('What the column Hall is').selectOption('ignored');
  await page.getByRole('button', { name: 'Dry run' }).click();
  await page.getByText('What is wrong').waitFor();
}

// go leads to a page as a link does, by way of one that keeps nothing of what was done on the page before. Only the first page
// is loaded, and with it whatever a test has put into it.
async function go(page: Page, path: string) {
  const empty = '/account';
  for (const there of page.url().endsWith(empty) || path === empty ? [path] : [empty, path]) {
    await page.evaluate((to) => {
      document.querySelector('main :is(h1, h2, h3)')?.setAttribute('data-left', '');
      history.pushState({}, '', to);
    }, there);
    await page.waitForFunction(() => !document.querySelector('[data-left], .mantine-Skeleton-root') && document.querySelector('main :is(h1, h2, h3)'));
  }
}

// visit signs in and goes through all pages, and looks at each when it is there.
export async function visit(page: Page, look: (name: string) => Promise<unknown>) {
  await page.goto('/sign-in');
  await page.getByLabel('Name').waitFor();
  await look('sign-in');
  await signIn(page, admin.name, admin.password);
  await page.locator('#page').waitFor();
  for (const [name, path, before] of visits) {
    await go(page, path);
    await before?.(page);
    await look(name);
  }
}
