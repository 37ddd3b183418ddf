import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, readyToDecide, startDashboard } from './browser-fixture.ts';
import { refund } from './requests.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
  for (const [index, name] of ['Ana', 'Bo', 'Cleo'].entries())
    await dashboard.ask(refund(name, { timeout_seconds: 1000 + index * 100 }));
});
afterAll(() => dashboard.stop());

const rowTitles = (page: Page): Promise<string[]> => page.getByRole('grid').getByRole('link').allTextContents();

test('arrivals wait behind a pill and never move what is on screen', async () => {
  const page = await dashboard.open('/inbox');
  await readyToDecide(page, 'Refund to Ana');
  expect(await rowTitles(page)).toEqual(['Refund to Ana', 'Refund to Bo', 'Refund to Cleo']);
  await dashboard.ask(refund('Zoe', { priority: 'critical', timeout_seconds: 300 }));
  await page.getByRole('button', { name: '1 new' }).waitFor();
  expect(await rowTitles(page)).toEqual(['Refund to Ana', 'Refund to Bo', 'Refund to Cleo']);
  await page.keyboard.press('n');
  await expect
    .poll(() => rowTitles(page))
    .toEqual(['Refund to Zoe', 'Refund to Ana', 'Refund to Bo', 'Refund to Cleo']);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Refund to Ana');
});

test('a request that somebody else decides becomes a line that says so, and closes up', async () => {
  const page = await dashboard.open('/inbox');
  await readyToDecide(page, 'Refund to Zoe');
  const { body } = await dashboard.app.call<{ data: { id: string; title: string }[] }>(
    dashboard.app.one.keys.reading,
    'GET',
    '/v1/approvals?status=pending',
  );
  const cleo = await dashboard.approval(body.data.find(({ title }) => title.includes('Cleo'))?.id ?? '');
  await dashboard.app.call(dashboard.app.one.keys.deciding, 'POST', `/v1/approvals/${cleo.id}/decide`, {
    decision: 'approved',
    digest: cleo.digest,
  });
  await page.getByText('Approved by').waitFor();
  await expect
    .poll(() => rowTitles(page), { timeout: 10_000 })
    .toEqual(['Refund to Zoe', 'Refund to Ana', 'Refund to Bo']);
});

test('the filter is in the address, and opening a request keeps it', async () => {
  const page = await dashboard.open('/inbox?q=Ana');
  await readyToDecide(page, 'Refund to Ana');
  expect(await rowTitles(page)).toEqual(['Refund to Ana']);
  expect(new URL(page.url()).searchParams.get('q')).toBe('Ana');
  await page.getByRole('searchbox', { name: 'Filter by words' }).fill('Bo');
  await expect.poll(() => rowTitles(page)).toEqual(['Refund to Bo']);
  expect(new URL(page.url()).searchParams.get('q')).toBe('Bo');
  await page.getByText('The list beside shows another lane or filter').waitFor();
  await page.getByRole('searchbox', { name: 'Filter by words' }).fill('nothing like it');
  await page.getByText('Nothing matches the filter').waitFor();
});

test('the whole way works by keyboard: lanes, rows, tabs, palette, help, deciding', async () => {
  const page = await dashboard.open('/inbox');
  await readyToDecide(page, 'Refund to Zoe');
  await page.keyboard.press('j');
  await readyToDecide(page, 'Refund to Ana');
  await page.keyboard.press('ArrowDown');
  await readyToDecide(page, 'Refund to Bo');
  await page.keyboard.press('k');
  await readyToDecide(page, 'Refund to Ana');
  await page.keyboard.press(']');
  await readyToDecide(page, 'Refund to Zoe');
  expect(new URL(page.url()).searchParams.get('lane')).toBe('critical');
  await page.keyboard.press('[');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Next request').waitFor();
  // Behind a dialog the keys of the page do nothing.
  await page.keyboard.press('a');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or run' }).fill('refund bo');
  await page.keyboard.press('Enter');
  await readyToDecide(page, 'Refund to Bo');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement?.tagName')).toBe('H1');
  await page.keyboard.press('r');
  await page.getByLabel('Why do you reject this?').waitFor();
  await page.keyboard.type('Refunded already');
  await page.keyboard.press('Control+Enter');
  await page.getByText('Rejected', { exact: true }).first().waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await page.getByRole('heading', { level: 1, name: 'History' }).waitFor();
  const row = page.getByRole('link', { name: 'Refund to Bo' });
  await row.waitFor();
  await row.focus();
  await page.keyboard.press('Enter');
  await page.getByText('“Refunded already”').first().waitFor();
});

test('single-key shortcuts can be turned off', async () => {
  const page = await dashboard.open('/inbox');
  await readyToDecide(page, 'Refund to Zoe');
  await page.keyboard.press('?');
  await page.getByLabel('Single-key shortcuts').uncheck();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('a');
  await page.keyboard.press('r');
  expect(await page.getByLabel('Why do you reject this?').count()).toBe(0);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').waitFor();
});

test('a phone shows the list, then the request, and goes back', async () => {
  const page = await dashboard.open('/inbox', { size: 'phone' });
  await page.getByRole('link', { name: 'Refund to Ana' }).tap();
  await readyToDecide(page, 'Refund to Ana');
  expect(await page.getByRole('grid').count()).toBe(0);
  await page.getByRole('link', { name: 'Back to the list' }).tap();
  await page.getByRole('grid').waitFor();
  await page.getByRole('button', { name: 'More' }).tap();
  await page.getByRole('menuitem', { name: 'Agents' }).tap();
  await page.getByRole('heading', { level: 1, name: 'Agents' }).waitFor();
});

test('tabs share one stream, and the next one takes over when the first is closed', async () => {
  const first = await dashboard.open('/inbox');
  await readyToDecide(first, 'Refund to Zoe');
  const streams: string[] = [];
  first.context().on('request', (request) => {
    if (request.url().includes('/v1/events')) streams.push(request.url());
  });
  const second = await first.context().newPage();
  await second.goto(`${dashboard.url}/inbox`);
  await readyToDecide(second, 'Refund to Zoe');
  await second.getByText('Live', { exact: true }).waitFor();
  expect(streams).toEqual([]);
  await dashboard.ask(refund('Una'));
  await Promise.all([first, second].map((page) => page.getByRole('button', { name: '1 new' }).waitFor()));
  await first.close();
  await expect.poll(() => streams.length).toBe(1);
  await dashboard.ask(refund('Vic'));
  await second.getByRole('button', { name: '2 new' }).waitFor();
});

test('ten thousand waiting requests are counted honestly and cost the page only the rows it shows', async () => {
  // Generated columns can not be copied.
  const columns = await dashboard.app.sql<{ name: string }>(
    `select quote_ident(column_name) as name from information_schema.columns
     where table_name = 'approval' and is_generated = 'NEVER' and column_name <> 'id'`,
  );
  const names = columns.map(({ name }) => name).join(', ');
  await dashboard.app.sql(
    `insert into approval (id, ${names}) select 'apr_' || lpad(n::text, 27, '0'), ${names}
       from approval, generate_series(1, 10000) n where title = 'Refund to Ana'`,
  );
  const page = await dashboard.open('/inbox');
  const grid = page.getByRole('grid');
  await expect.poll(async () => Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThanOrEqual(10_000);
  await page.getByRole('link', { name: /^Needs you 10,0/ }).waitFor();
  // To the very end: page after page is asked for, and the last row is a request like any other.
  await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await page.locator('[role=row][aria-rowindex="10000"]').getByRole('link').waitFor({ timeout: 60_000 });
  expect(await page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(1500);
});
