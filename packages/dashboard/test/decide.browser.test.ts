import type { WireApproval } from '@countersign/contract';
import { until } from '@countersign/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, readyToDecide, startDashboard } from './browser-fixture.ts';
import { refund } from './requests.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

const decided = (id: string): Promise<WireApproval> =>
  until(
    () => dashboard.approval(id),
    ({ status }) => status !== 'pending',
    // A decision above low risk takes effect five seconds later.
    30_000,
  );
const decideElsewhere = (approval: WireApproval, body: Readonly<Record<string, unknown>>) =>
  dashboard.app.call(dashboard.app.one.keys.deciding, 'POST', `/v1/approvals/${approval.id}/decide`, {
    digest: approval.digest,
    ...body,
  });

test('A approves what is shown, and a held A decides one request only', async () => {
  const first = await dashboard.ask(refund('Ana', { timeout_seconds: 100 }));
  const second = await dashboard.ask(refund('Bo', { timeout_seconds: 200 }));
  const page = await dashboard.open(`/inbox/${first.id}`);
  await readyToDecide(page, 'Refund to Ana');
  // Playwright sends auto-repeat for a key that is pressed down again without being let go.
  for (let press = 0; press < 12; press += 1) await page.keyboard.down('a');
  await readyToDecide(page, 'Refund to Bo');
  for (let press = 0; press < 12; press += 1) await page.keyboard.down('a');
  await page.keyboard.up('a');
  const { decision } = await decided(first.id);
  expect(decision).toMatchObject({
    outcome: 'approved',
    by: { id: dashboard.reviewer.id },
    assurance: 'session',
    digest: first.digest,
  });
  expect((await dashboard.approval(second.id)).status).toBe('pending');
  await decideElsewhere(second, { decision: 'approved' });
});

test('Z takes the last decision back before it has any effect, and goes on where it was', async () => {
  const asked = await dashboard.ask(refund('Zed', { timeout_seconds: 900 }));
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Refund to Zed');
  await page.keyboard.press('r');
  await page.getByLabel('Why do you reject this?').fill('Not this time');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'Take back' }).waitFor();
  expect(await dashboard.approval(asked.id)).toMatchObject({ status: 'pending', held: { outcome: 'rejected' } });
  await page.keyboard.press('z');
  await readyToDecide(page, 'Refund to Zed');
  expect(await dashboard.approval(asked.id)).toMatchObject({ status: 'pending', held: null });
  await page.keyboard.press('r');
  await expect.poll(() => page.getByLabel('Why do you reject this?').inputValue()).toBe('Not this time');
  await decideElsewhere(asked, { decision: 'approved' });
});

test('a double tap on Approve does not decide the next request', async () => {
  const first = await dashboard.ask(refund('Ana', { timeout_seconds: 100 }));
  const second = await dashboard.ask(refund('Bo', { timeout_seconds: 200 }));
  const page = await dashboard.open(`/inbox/${first.id}`, { size: 'desktop' });
  await readyToDecide(page, 'Refund to Ana');
  const box = await page.getByRole('button', { name: 'Approve' }).boundingBox();
  if (box === null) throw new Error('there is no Approve button');
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await page.getByRole('heading', { level: 1, name: 'Refund to Bo' }).waitFor();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await page.keyboard.press('a');
  expect((await decided(first.id)).status).toBe('approved');
  await readyToDecide(page, 'Refund to Bo');
  expect((await dashboard.approval(second.id)).status).toBe('pending');
  await decideElsewhere(second, { decision: 'approved' });
});

test('Enter never approves, wherever the focus is', async () => {
  const asked = await dashboard.ask(refund('Cleo'));
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Refund to Cleo');
  expect(await page.evaluate('document.activeElement.closest("[data-decision-bar]")')).toBeNull();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Approve' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('j');
  expect((await dashboard.approval(asked.id)).status).toBe('pending');
  await decideElsewhere(asked, { decision: 'approved' });
});

test('a rejection needs a reason, and letters typed into it trigger nothing', async () => {
  const asked = await dashboard.ask(refund('Dora'));
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Refund to Dora');
  await page.keyboard.press('r');
  const box = page.getByLabel('Why do you reject this?');
  await expect.poll(() => page.evaluate('document.activeElement?.tagName')).toBe('TEXTAREA');
  await page.keyboard.press('Control+Enter');
  await page.getByText('A reason is needed to reject').waitFor();
  await page.keyboard.type('aaa jjj eee');
  expect(await box.inputValue()).toBe('aaa jjj eee');
  expect((await dashboard.approval(asked.id)).status).toBe('pending');
  await box.fill('');
  await page.getByRole('button', { name: 'Against policy' }).click();
  await page.keyboard.press('Control+Enter');
  expect((await decided(asked.id)).decision).toMatchObject({ outcome: 'rejected', reason: 'Against policy' });
});

test('Escape leaves the rejection, and the reason is still there', async () => {
  const asked = await dashboard.ask(refund('Edda'));
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Refund to Edda');
  await page.keyboard.press('r');
  await page.getByLabel('Why do you reject this?').fill('not sure yet');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  await page.keyboard.press('r');
  expect(await page.getByLabel('Why do you reject this?').inputValue()).toBe('not sure yet');
  await decideElsewhere(asked, { decision: 'approved' });
});

test('an edit is checked as one types, shown as a difference, and approved as "Approve with edits"', async () => {
  const asked = await dashboard.ask(refund('Finn'));
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Refund to Finn');
  await page.keyboard.press('e');
  const amount = page.getByLabel('amount', { exact: true });
  await amount.fill('900');
  await page.getByText('must be 500 or less').waitFor();
  await page.keyboard.press('Control+Enter');
  await amount.fill('many');
  await page.getByText('must be a number').waitFor();
  await amount.fill('45.5');
  await page.getByLabel('currency', { exact: true }).selectOption('USD');
  await page.getByRole('button', { name: 'Add an item to tags' }).click();
  await page.getByLabel('tags, item 2').fill('annual');
  await page.getByLabel('notify, sms', { exact: true }).check();
  await page.getByText('4 values changed').waitFor();
  // While editing, A is a letter.
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'Approve with edits' }).waitFor();
  await page.locator('del', { hasText: '89' }).waitFor();
  await page.locator('ins', { hasText: '45.5' }).waitFor();
  await page.keyboard.press('a');
  const { decision, arguments: run, original } = await decided(asked.id);
  expect(decision?.outcome).toBe('approved');
  expect(decision?.edits.map(({ pointer }) => pointer)).toEqual(['/amount', '/currency', '/notify/sms', '/tags/1']);
  expect(run).toEqual({
    charge: 'ch_Finn',
    amount: 45.5,
    currency: 'USD',
    note: 'Thank you for your patience.',
    tags: ['late', 'annual'],
    notify: { email: 'a@example.com', sms: true },
  });
  expect(original?.arguments).toEqual(asked.arguments);
});

test('an output is edited as the text that it is', async () => {
  const asked = await dashboard.ask({
    title: 'Send the answer',
    output: 'Dear Gil,\nyour order is late.',
    checkpoint: 'review_mail',
  });
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Send the answer');
  await page.keyboard.press('e');
  await page.getByLabel('Output').fill('Dear Gil,\nyour order comes tomorrow.');
  await page.getByRole('button', { name: 'Finish editing' }).click();
  await page.getByRole('button', { name: 'Approve with edits' }).click();
  expect((await decided(asked.id)).output).toBe('Dear Gil,\nyour order comes tomorrow.');
});

test('a request decided elsewhere turns read-only in place, says by whom, and keeps the draft', async () => {
  const asked = await dashboard.ask(refund('Hana'));
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Refund to Hana');
  await page.keyboard.press('r');
  await page.getByLabel('Why do you reject this?').fill('I wanted to ask first');
  await decideElsewhere(asked, { decision: 'rejected', reason: 'The charge is disputed.' });
  await page.getByText('Rejected by').first().waitFor();
  await page.getByText('“The charge is disputed.”').first().waitFor();
  await page.getByText('I wanted to ask first').waitFor();
  expect(await page.locator('[data-decision-bar]').count()).toBe(0);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Refund to Hana');
});

test('who is second is told who decided, and nothing of the second decision counts', async () => {
  const asked = await dashboard.ask(refund('Ines'));
  const page = await dashboard.open(`/inbox/${asked.id}`, {
    expectedErrors: /409|events/,
    // Without the live stream, so that the page does not know when it sends.
    prepare: (opened) => opened.route('**/v1/events*', (route) => route.abort()),
  });
  await readyToDecide(page, 'Refund to Ines');
  let isFirst = true;
  await page.route('**/decide', async (route) => {
    if (isFirst) await decideElsewhere(asked, { decision: 'rejected', reason: 'Too late.' });
    isFirst = false;
    await route.continue();
  });
  await page.keyboard.press('a');
  await page.getByText('Your decision came second and does not count').waitFor();
  await page.getByText('Rejected by').first().waitFor();
  await page.getByText('“Too late.”').first().waitFor();
  expect((await dashboard.approval(asked.id)).decision).toMatchObject({ outcome: 'rejected', reason: 'Too late.' });
});

test('a decision whose answer was lost is sent again under the same key and counts once', async () => {
  const asked = await dashboard.ask(refund('Jo'));
  const page = await dashboard.open(`/inbox/${asked.id}`, { expectedErrors: /ERR_|Failed to load/ });
  await readyToDecide(page, 'Refund to Jo');
  const keys: (string | null)[] = [];
  await page.route('**/decide', async (route) => {
    keys.push(await route.request().headerValue('idempotency-key'));
    if (keys.length > 1) return route.continue();
    await route.fetch();
    return route.abort('connectionreset');
  });
  await page.keyboard.press('a');
  // Either the page hears of its own decision by the stream, or it is sent again: both end the same.
  await page
    .getByText('Not sent. The server could not be reached')
    .or(page.getByText('Approved by Rosa Reviewer'))
    .first()
    .waitFor();
  if (await page.locator('[data-decision-bar]').isVisible()) await page.keyboard.press('a');
  expect((await decided(asked.id)).decision?.outcome).toBe('approved');
  expect(new Set(keys).size).toBe(1);
});

test('when the time is over while it is open, nothing can be sent and the page says what happened', async () => {
  const asked = await dashboard.ask(refund('Kim', { timeout_seconds: 3 }));
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Refund to Kim');
  await page.getByText('Expired', { exact: false }).first().waitFor();
  expect(await page.locator('[data-decision-bar]').count()).toBe(0);
  expect((await dashboard.approval(asked.id)).status).toBe('expired');
});

test('who asked may not decide, and the page says so', async () => {
  const asked = await dashboard.ask(refund('Lou', { on_behalf_of: dashboard.reviewer.id }));
  const page = await dashboard.open(`/inbox/${asked.id}?lane=all`);
  await readyToDecide(page, 'Refund to Lou');
  expect(await page.getByRole('button', { name: 'Approve' }).getAttribute('aria-disabled')).toBe('true');
  await page.getByText('somebody else has to decide').first().waitFor();
  await page.keyboard.press('a');
  expect((await dashboard.approval(asked.id)).status).toBe('pending');
});

test('a session that ends leads to the sign-in page and back to where one was', async () => {
  const asked = await dashboard.ask(refund('Mia'));
  const visitor = await dashboard.person('Vera Visitor', ['approver']);
  const page = await dashboard.open(`/inbox/${asked.id}?tab=json`, { as: visitor, expectedErrors: /401/ });
  await page.getByRole('heading', { name: 'Digest' }).waitFor();
  await page.context().clearCookies();
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  expect(new URL(page.url()).searchParams.get('return')).toBe(`/inbox/${asked.id}?tab=json`);
  const link = new URL(await dashboard.signInUrl(visitor));
  const here = new URL(page.url());
  here.hash = link.hash;
  await page.goto('about:blank');
  await page.goto(here.href);
  await page.getByRole('heading', { name: 'Digest' }).waitFor();
  expect(new URL(page.url()).hash).toBe('');
});
