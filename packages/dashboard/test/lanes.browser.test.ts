/** Lanes, saved views, snoozing, what a row says, and how little a change costs. */
import type { WireApproval } from '@countersign/contract';
import type { TestPerson } from '@countersign/server/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, readyToDecide, startDashboard } from './browser-fixture.ts';
import { refund } from './requests.ts';

let dashboard: DashboardFixture;
let olga: TestPerson;
beforeAll(async () => {
  dashboard = await startDashboard();
  olga = await dashboard.person('Olga Officer', ['approver']);
  const policy = await dashboard.app.call(dashboard.reviewer, 'POST', '/v1/policies', {
    name: 'Four eyes',
    source:
      'rules:\n  - name: two\n    tools: [pay]\n    outcome: hold\n    hold: { stages: [{ approvers: "2 of anyone" }] }\n',
  });
  if (policy.status !== 201) throw new Error(policy.text);
  for (const name of ['Ana', 'Bo', 'Cleo']) await dashboard.ask(refund(name));
});
afterAll(() => dashboard.stop());

const rowTitles = (page: Page): Promise<string[]> => page.getByRole('grid').getByRole('link').allTextContents();
const lane = (page: Page, name: RegExp) => page.getByRole('navigation', { name: 'Lanes' }).getByRole('link', { name });
const marksOf = (page: Page, title: string) => page.getByRole('row').filter({ hasText: title });
const decideElsewhere = ({ id, digest }: WireApproval) =>
  dashboard.app.call(dashboard.app.one.keys.deciding, 'POST', `/v1/approvals/${id}/decide`, {
    decision: 'approved',
    digest,
  });

test('a row says how far it is, how many are alike, who is on it and how long it has', async () => {
  const asked = await dashboard.ask(refund('Pia', { title: 'Pay Pia', tool: 'pay', timeout_seconds: 240 }));
  const theirs = await dashboard.open(`/inbox/${asked.id}`, { as: olga });
  await readyToDecide(theirs, 'Pay Pia');
  const page = await dashboard.open('/inbox');
  await readyToDecide(page, 'Pay Pia');
  await marksOf(page, 'Pay Pia').getByText('0 of 2 approvals').waitFor({ state: 'attached' });
  await marksOf(page, 'Pay Pia').getByText('left: urgent').waitFor({ state: 'attached' });
  await marksOf(page, 'Refund to Ana').getByText('and 2 alike').waitFor({ state: 'attached' });
  await theirs.keyboard.press('l');
  await marksOf(page, 'Pay Pia').getByText('Olga Officer').waitFor();
  // Their vote: one of two, and no more theirs to decide.
  await theirs.keyboard.press('a');
  await marksOf(page, 'Pay Pia').getByText('1 of 2 approvals').waitFor({ state: 'attached' });
  await expect.poll(async () => (await rowTitles(theirs)).includes('Pay Pia'), { timeout: 10_000 }).toBe(false);
  await lane(theirs, /^Waiting on others/).click();
  await expect.poll(() => rowTitles(theirs)).toEqual(['Pay Pia']);
  await decideElsewhere(asked);
});

test('compact rows are kept in this browser', async () => {
  const page = await dashboard.open('/inbox');
  await readyToDecide(page, 'Refund to Ana');
  const height = async () => (await marksOf(page, 'Refund to Ana').boundingBox())?.height;
  expect(await height()).toBe(62);
  await page.getByRole('button', { name: 'Compact rows' }).click();
  await expect.poll(height).toBe(44);
  await page.reload();
  await readyToDecide(page, 'Refund to Ana');
  expect(await height()).toBe(44);
});

test('H puts a request off; it waits in a lane of its own, and H there has it back', async () => {
  const page = await dashboard.open('/inbox');
  const theirs = await dashboard.open('/inbox', { as: olga });
  await readyToDecide(page, 'Refund to Ana');
  await page.keyboard.press('h');
  await page.getByRole('dialog', { name: 'Snooze' }).getByText('15 minutes').waitFor();
  await page.keyboard.press('1');
  await readyToDecide(page, 'Refund to Bo');
  await expect.poll(() => rowTitles(page)).toEqual(['Refund to Bo', 'Refund to Cleo']);
  await lane(page, /^Snoozed 1$/).click();
  // What is open stays open; the list beside says that it is not in this lane.
  await page
    .getByRole('grid')
    .getByRole('link', { name: /Refund to Ana/ })
    .click();
  await readyToDecide(page, 'Refund to Ana');
  await page.getByText('You have put it off').waitFor();
  // Nobody else notices.
  expect(await rowTitles(theirs)).toContain('Refund to Ana');
  await page.keyboard.press('h');
  await page.getByText('You have put it off').waitFor({ state: 'detached' });
  await lane(page, /^Needs you/).click();
  await expect.poll(() => rowTitles(page)).toContain('Refund to Ana');
});

test('what was put off comes back by itself', async () => {
  const asked = await dashboard.ask(refund('Sam', { timeout_seconds: 600 }));
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Refund to Sam');
  await dashboard.app.call(dashboard.reviewer, 'POST', `/v1/approvals/${asked.id}/snooze`, {
    until: new Date(Date.now() + 20_000).toISOString(),
  });
  await lane(page, /^Snoozed 1$/).waitFor();
  await expect.poll(() => rowTitles(page)).not.toContain('Refund to Sam');
  await page.getByRole('button', { name: '1 new' }).waitFor({ timeout: 45_000 });
  await page.keyboard.press('n');
  await expect.poll(() => rowTitles(page)).toContain('Refund to Sam');
  await decideElsewhere(asked);
});

test('what is looked at is saved under a name, which a number opens again', async () => {
  await dashboard.ask(refund('Vip', { priority: 'high', timeout_seconds: 80_000 }));
  const page = await dashboard.open('/inbox?lane=all&priority=high');
  await readyToDecide(page, 'Refund to Vip');
  await page.getByRole('button', { name: 'Save as a view' }).click();
  await page.getByLabel('Name of the view').fill('Risky');
  await page.keyboard.press('Enter');
  await lane(page, /^Risky$/).waitFor();
  await page.keyboard.press('Escape');
  await lane(page, /^Snoozed/).click();
  await page.getByRole('button', { name: 'Clear the filter' }).click();
  await page.getByText('Nothing is snoozed').waitFor();
  await page.getByRole('button', { name: 'Save as a view' }).click();
  await page.getByLabel('Name of the view').fill('Later');
  await page.keyboard.press('Enter');
  await lane(page, /^Later$/).waitFor();
  await lane(page, /^Needs you/).click();
  await page.getByRole('grid').waitFor();
  await page.getByRole('grid').getByRole('link').first().focus();
  await page.keyboard.press('1');
  await expect.poll(() => rowTitles(page)).toEqual(['Refund to Vip']);
  await page.keyboard.press('2');
  await page.getByText('Nothing is snoozed').waitFor();
});

test('a phone comes back from a request to where its list was', async () => {
  for (let n = 10; n < 32; n += 1) await dashboard.ask(refund(`No. ${n}`, { timeout_seconds: 10_000 + n }));
  const page = await dashboard.open('/inbox', { size: 'phone' });
  const grid = page.getByRole('grid');
  await grid.getByRole('link').first().waitFor();
  await grid.evaluate((element) => element.scrollTo(0, 700));
  await page.getByRole('link', { name: 'Refund to No. 20' }).tap();
  await readyToDecide(page, 'Refund to No. 20');
  await page.getByRole('link', { name: 'Back to the list' }).tap();
  await page.getByRole('link', { name: 'Refund to No. 20' }).waitFor();
  expect(await grid.evaluate((element) => element.scrollTop)).toBeGreaterThan(600);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Health' }).tap();
  await page.getByRole('heading', { level: 1, name: 'Approval health' }).waitFor();
});

test('a change asks for the row that changed, not for the pages that are loaded', async () => {
  const page = await dashboard.open('/inbox');
  await page.getByRole('grid').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByRole('navigation', { name: 'Lanes' }).getByText(/\d/).first().waitFor();
  const asked: URLSearchParams[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    // What is unusual is asked for the rows on screen, by their ids.
    if (url.pathname === '/v1/approvals' && !url.searchParams.has('flags')) asked.push(url.searchParams);
  });
  const fresh = await dashboard.ask(refund('Una', { timeout_seconds: 120 }));
  await page.getByRole('button', { name: '1 new' }).waitFor();
  await page.keyboard.press('n');
  // Where the server's order has it: due first, so on top.
  await expect.poll(async () => (await rowTitles(page))[0]).toBe('Refund to Una');
  await decideElsewhere(fresh);
  await expect.poll(() => rowTitles(page)).not.toContain('Refund to Una');
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.map((query) => query.get('ids'))).toEqual(asked.map(() => fresh.id));
});
