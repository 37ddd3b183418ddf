/** What starts by itself: schedules and incoming webhooks, as somebody who builds makes, sees and pauses them. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DashboardFixture, type Size, type Theme, sidewaysScroll, startDashboard } from './browser-fixture.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let dashboard: DashboardFixture;
let scheduleId: string;

const made = async (path: string, body: unknown): Promise<string> => {
  const answer = await dashboard.app.call<{ id: string }>(dashboard.app.one.keys.asking, 'POST', path, body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.id;
};

beforeAll(async () => {
  dashboard = await startDashboard();
  const workflow = await made('/v1/workflows', {
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
  const schedule = { workflow_id: workflow, input: { older_than_days: 30 } };
  scheduleId = await made('/v1/schedules', {
    ...schedule,
    name: 'Every second, for a while',
    timing: { type: 'interval', every_seconds: 1 },
  });
  await made('/v1/schedules', {
    ...schedule,
    name: 'Month’s end in New York',
    timing: { type: 'cron', cron: '0 17 L * *', time_zone: 'America/New_York' },
    paused: true,
  });
});
afterAll(() => dashboard.stop());

const photograph = async (page: Page, name: string): Promise<void> => {
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
};

test('a schedule is made with the form of its workflow’s input, shows its next moments, and runs', async () => {
  const page = await dashboard.open('/schedules');
  await page.getByRole('button', { name: 'New schedule' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Tidy up');
  await dialog.getByLabel('Starts').selectOption({ label: 'Close old orders' });
  await dialog.getByLabel('older_than_days', { exact: true }).fill('90');
  await dialog.getByLabel('Cron expression', { exact: true }).fill('61 * * * *');
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Cron expression', { exact: true }).fill('30 9 * * 1-5');
  await dialog.getByLabel('Time zone').selectOption('Asia/Kolkata');
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
  const page = await dashboard.open('/schedules');
  const row = page.getByRole('listitem').filter({ hasText: 'Month’s end' });
  await row.getByText('paused').waitFor();
  await row.getByRole('button', { name: /Resume/ }).click();
  await row.getByText(/^next/).waitFor();
  await row.getByRole('button', { name: /Pause/ }).click();
  await row.getByText('paused').waitFor();
  expect(await row.getByText(/^next/).count()).toBe(0);
});

test('it is changed, and deleted', async () => {
  const page = await dashboard.open('/schedules');
  await page.getByRole('link', { name: 'Month’s end in New York' }).click();
  await page.getByRole('button', { name: 'Change' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Month’s end');
  await dialog.getByLabel('While a run has not ended').selectOption('queue');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('start the next one when it has ended').waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { level: 1, name: 'Schedules' }).waitFor();
  await expect.poll(() => page.getByText('Month’s end').count()).toBe(0);
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
  const address = (await dialog.locator('code').first().textContent()) ?? '';
  await photograph(page, 'hook-shown');
  await dialog.getByRole('button', { name: 'I have it' }).click();
  expect(await page.getByText(address).count()).toBe(0);
  const url = `${dashboard.url}${new URL(address).pathname}`;
  const post = (body: string) => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect((await post('{"days": 60}')).status).toBe(201);
  expect((await post('{"days": "many"}')).status).toBe(422);
  await page.getByRole('button', { name: 'Deliveries' }).click();
  await page.getByText('Completed').first().waitFor();
  await page.getByText(/Nothing was started: .*older_than_days/).waitFor();
  await page.getByRole('button', { name: 'Switch off' }).click();
  await page.getByText('switched off').waitFor();
  expect((await post('{"days": 60}')).status).toBe(409);
  await page.getByRole('button', { name: 'Switch on' }).click();
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
    await page.getByText('Close old orders').first().waitFor();
    if (path === '/triggers') await page.getByRole('button', { name: 'Deliveries' }).click();
    await page.getByText('Completed').first().waitFor();
    await photograph(page, `${path.slice(1).replace(/\W+/g, '-')}-${theme}-${size}`);
    await page.evaluate(AXE);
    const found: { id: string; nodes: { html: string }[] }[] = await page.evaluate(
      `axe.run(document).then((result) => result.violations)`,
    );
    expect(found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
  });
});
