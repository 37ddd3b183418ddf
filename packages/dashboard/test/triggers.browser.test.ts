/** What starts by itself: schedules and incoming webhooks, as somebody who builds makes, sees and pauses them. */
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settle, violations } from './accessibility.ts';
import { type DashboardFixture, type Size, type Theme, sidewaysScroll, startDashboard } from './browser-fixture.ts';

let dashboard: DashboardFixture;
let scheduleId: string;
let workflow: string;

const made = async (path: string, body: unknown): Promise<string> => {
  const answer = await dashboard.app.call<{ id: string }>(dashboard.app.one.keys.asking, 'POST', path, body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.id;
};

const work = () => ({ workflow_id: workflow, input: { older_than_days: 30 } });

/** A paused one, of its own for each try of a test. */
const monthsEnd = async (): Promise<string> => {
  const name = `Month’s end ${randomUUID().slice(0, 8)}`;
  const timing = { type: 'cron', cron: '0 17 L * *', time_zone: 'America/New_York' };
  await made('/v1/schedules', { ...work(), name, timing, paused: true });
  return name;
};

/** As another system does, at the address that this server has for itself. */
const post = async (url: string, body: string): Promise<number> =>
  (
    await fetch(`${dashboard.url}${new URL(url).pathname}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
  ).status;

beforeAll(async () => {
  dashboard = await startDashboard();
  workflow = await made('/v1/workflows', {
    name: 'Close old orders',
    definition: {
      input_schema: {
        type: 'object',
        properties: { older_than_days: { type: 'integer', minimum: 1 }, note: { type: 'string' } },
        required: ['older_than_days'],
      },
      nodes: [
        { id: 'begin', type: 'start', on_success: 'done' },
        { id: 'done', type: 'end', output: '{{ input }}' },
      ],
    },
  });
  scheduleId = await made('/v1/schedules', {
    ...work(),
    name: 'Every second, for a while',
    timing: { type: 'interval', every_seconds: 1 },
  });
  const hook = await dashboard.app.call<{ url: string }>(dashboard.app.one.keys.asking, 'POST', '/v1/triggers', {
    name: 'Orders of the shop',
    workflow_id: workflow,
  });
  await post(hook.body.url, '{"older_than_days": 7}');
});
afterAll(() => dashboard.stop());

const photograph = async (page: Page, name: string): Promise<void> => {
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
};

test('a schedule is made with the form of its workflow’s input, shows its next moments, and runs', async () => {
  const page = await dashboard.open('/schedules', { expectedErrors: /422 .*\/v1\/schedules\/preview/ });
  await page.getByRole('button', { name: 'New schedule' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Tidy up');
  await dialog.getByLabel('Starts').selectOption({ label: 'Close old orders' });
  await dialog.getByLabel('older_than_days', { exact: true }).fill('90');
  await dialog.getByLabel('Cron expression', { exact: true }).fill('61 * * * *');
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Cron expression', { exact: true }).fill('30 9 * * 1-5');
  await dialog.getByLabel('Time zone', { exact: true }).fill('Asia/Kolkata');
  await dialog.getByText('GMT+5:30').first().waitFor();
  await photograph(page, 'schedule-new');
  await dialog.getByRole('radio', { name: /At a distance/ }).check();
  await dialog.getByLabel('Every', { exact: true }).fill('1');
  await dialog.getByLabel('Unit').selectOption('second');
  await dialog.getByRole('button', { name: 'Make the schedule' }).click();
  await page.getByRole('heading', { level: 1, name: 'Tidy up' }).waitFor();
  // It runs, and the page follows without being asked to.
  await page.getByText('Completed').first().waitFor();
  await page.getByRole('button', { name: 'Pause Tidy up' }).click();
  await page.getByText('nothing while it is paused').waitFor();
  await page.getByRole('link', { name: 'See the execution' }).first().click();
  await page.getByText('older_than_days').first().waitFor();
  expect(page.url()).toContain('/executions/');
});

test('it is paused and resumed from the list', async () => {
  const name = await monthsEnd();
  const page = await dashboard.open('/schedules');
  const row = page.getByRole('listitem').filter({ hasText: name });
  await row.getByText('paused').waitFor();
  await row.getByRole('button', { name: /Resume/ }).click();
  await row.getByText(/^next/).waitFor();
  await row.getByRole('button', { name: /Pause/ }).click();
  await row.getByText('paused').waitFor();
  expect(await row.getByText(/^next/).count()).toBe(0);
});

test('it is changed, and deleted', async () => {
  const name = await monthsEnd();
  const page = await dashboard.open('/schedules');
  await page.getByRole('link', { name }).click();
  await page.getByRole('button', { name: 'Change' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(`${name}, closed`);
  await dialog.getByLabel('While a run has not ended').selectOption('queue');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { level: 1, name: `${name}, closed` }).waitFor();
  await page.getByRole('definition').filter({ hasText: 'start the next one when it has ended' }).waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { level: 1, name: 'Schedules' }).waitFor();
  await expect.poll(() => page.getByText(name).count()).toBe(0);
});

test('who may not start work sees no way to', async () => {
  const page = await dashboard.open('/schedules', { as: dashboard.app.one.people.viewer });
  await page.getByText('Every second, for a while').waitFor();
  expect(await page.getByRole('button', { name: /New schedule|Pause/ }).count()).toBe(0);
});

test('an incoming webhook is made, its address is shown once, and what is posted there stands among its deliveries', async () => {
  const page = await dashboard.open('/triggers');
  await page.getByRole('button', { name: 'New webhook' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Shop events');
  await dialog.getByLabel('Starts').selectOption({ label: 'Close old orders' });
  await dialog.getByLabel('Input', { exact: true }).fill('{"older_than_days": "{{ body.days }}"}');
  await dialog.getByRole('button', { name: 'Make the webhook' }).click();
  await page.getByRole('dialog', { name: 'The address of “Shop events”' }).waitFor();
  const address = (await dialog.locator('code').first().textContent()) ?? '';
  await photograph(page, 'hook-shown');
  await dialog.getByRole('button', { name: 'I have it' }).click();
  expect(await page.getByText(address).count()).toBe(0);
  expect(await post(address, '{"days": 60}')).toBe(201);
  expect(await post(address, '{"days": "many"}')).toBe(422);
  const row = page.getByRole('listitem').filter({ hasText: 'Shop events' }).first();
  await row.getByRole('button', { name: 'Deliveries' }).click();
  await row.getByText('Completed').first().waitFor();
  await row
    .getByText(/Nothing was started: .*older_than_days/)
    .first()
    .waitFor();
  // A delivery opened: all that is known of it.
  await row.getByRole('listitem').filter({ hasText: 'refused' }).locator('summary').click();
  await row.getByText('127.0.0.1').first().waitFor();
  await row.getByText('none: a repeat would start anew').filter({ visible: true }).waitFor();
  // Changed: another template makes another input of the same body.
  await row.getByRole('button', { name: 'Change' }).click();
  const change = page.getByRole('dialog', { name: 'Change “Shop events”' });
  await change.getByLabel('Input', { exact: true }).fill('{"older_than_days": "{{ body.age }}"}');
  await change.getByRole('button', { name: 'Save' }).click();
  await change.waitFor({ state: 'detached' });
  expect(await post(address, '{"age": 3}')).toBe(201);
  await row.getByRole('button', { name: 'Switch off' }).click();
  await row.getByText('switched off').waitFor();
  expect(await post(address, '{"age": 60}')).toBe(409);
  await row.getByRole('button', { name: 'Switch on' }).click();
});

const LOOKS: readonly (readonly [Theme, Size])[] = [
  ['light', 'desktop'],
  ['dark', 'desktop'],
  ['light', 'phone'],
  ['dark', 'phone'],
];

describe.each(LOOKS)('in %s on a %s', (theme, size) => {
  test.each(['/schedules', '/schedules/$id', '/triggers'])('%s has no accessibility violation', async (path) => {
    const page = await dashboard.open(path.replace('$id', scheduleId), { theme, size });
    await settle(page);
    if (path === '/triggers')
      await page
        .getByRole('listitem')
        .filter({ hasText: 'Orders of the shop' })
        .getByRole('button', { name: 'Deliveries' })
        .click();
    await page.getByText('Completed').first().waitFor();
    await photograph(page, `${path.slice(1).replace(/\W+/g, '-')}-${theme}-${size}`);
    expect(await violations(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
  });
});
