/** Several requests decided together: by key with a verdict each, by touch, and never what deserves a look of its own. */
import type { WireApproval } from '@countersign/contract';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, readyToDecide, sidewaysScroll, startDashboard } from './browser-fixture.ts';
import { refund } from './requests.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

let minute = 0;
/** In the order of the queue. */
const askAll = async (names: readonly string[], over: object = {}): Promise<WireApproval[]> => {
  const asked = [];
  for (const name of names) {
    minute += 1;
    asked.push(await dashboard.ask(refund(name, { timeout_seconds: 1800 + minute * 60, ...over })));
  }
  return asked;
};
const statuses = (asked: readonly WireApproval[]): Promise<string[]> =>
  Promise.all(asked.map(async ({ id }) => (await dashboard.approval(id)).status));
const outcomes = (page: Page) => page.getByRole('list', { name: 'Outcome of each request' });

/** A finger that stays where it is. */
const longPress = async (page: Page, title: string): Promise<void> => {
  const box = await page.getByRole('row').filter({ hasText: title }).boundingBox();
  if (box === null) throw new Error(`${title} is not on screen`);
  const session = await page.context().newCDPSession(page);
  const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  await page.getByRole('region', { name: 'Chosen requests' }).waitFor();
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
};

test('by key: three are chosen, one is approved, one rejected, one left, in one call', async () => {
  const asked = await askAll(['Ana', 'Bo', 'Cleo', 'Dan']);
  const page = await dashboard.open('/inbox');
  await readyToDecide(page, 'Refund to Ana');
  await page.keyboard.press('Shift+J');
  await readyToDecide(page, 'Refund to Bo');
  await page.keyboard.press('Shift+J');
  await readyToDecide(page, 'Refund to Cleo');
  await page.getByText('3 selected').waitFor();
  await page.getByRole('button', { name: 'Approve 3' }).click();
  const dialog = page.getByRole('dialog', { name: '3 requests' });
  await dialog.getByRole('listitem', { name: 'Refund to Ana: Approve' }).waitFor();
  await expect.poll(() => page.evaluate('document.activeElement?.dataset.item')).toBe(asked[0]?.id);
  await page.keyboard.press('j');
  await page.keyboard.press('r');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  const send = dialog.getByRole('button', { name: 'Approve 1, reject 1' });
  await send.waitFor();
  // Without a reason nothing goes, and the box for it has the focus.
  await page.keyboard.press('Control+Enter');
  await expect.poll(() => page.evaluate('document.activeElement?.tagName')).toBe('TEXTAREA');
  await page.keyboard.type('Rejected for arjx reasons');
  await page.keyboard.press('Control+Enter');
  await outcomes(page).waitFor();
  expect(await outcomes(page).getByRole('listitem').allTextContents()).toEqual([
    'Refund to AnaApproved',
    'Refund to BoRejected',
  ]);
  await expect.poll(() => statuses(asked)).toEqual(['approved', 'rejected', 'pending', 'pending']);
  expect((await dashboard.approval(asked[1]?.id ?? '')).decision?.reason).toBe('Rejected for arjx reasons');
  expect((await dashboard.approval(asked[0]?.id ?? '')).decision?.reason).toBeNull();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await page.getByText('3 selected').waitFor({ state: 'detached' });
});

test('one that somebody else decided meanwhile is told as such, and the others are done', async () => {
  const asked = await askAll(['Eve', 'Finn']);
  const page = await dashboard.open(`/inbox/${asked[0]?.id}`);
  await readyToDecide(page, 'Refund to Eve');
  await page.keyboard.press('Shift+J');
  await readyToDecide(page, 'Refund to Finn');
  await page.getByRole('button', { name: 'Approve 2' }).click();
  const dialog = page.getByRole('dialog', { name: '2 requests' });
  const send = dialog.getByRole('button', { name: 'Approve 2' });
  await send.waitFor();
  let isFirst = true;
  await page.route('**/bulk-decide', async (route) => {
    const { id = '', digest = '' } = asked[1] ?? {};
    if (isFirst)
      await dashboard.app.call(dashboard.app.one.keys.deciding, 'POST', `/v1/approvals/${id}/decide`, {
        decision: 'rejected',
        digest,
        reason: 'No',
      });
    isFirst = false;
    await route.continue();
  });
  await send.click();
  await outcomes(page).waitFor();
  // What failed stands first.
  expect((await outcomes(page).getByRole('listitem').allTextContents())[0]).toMatch(
    /^Refund to FinnIt was rejected by/,
  );
  await expect.poll(() => statuses(asked)).toEqual(['approved', 'rejected']);
});

test('by touch: a long press chooses, taps go on, the bar at the bottom says how many of each', async () => {
  const [gus, hana, critical] = [
    ...(await askAll(['Gus', 'Hana'])),
    ...(await askAll(['Ivo'], { priority: 'critical', timeout_seconds: 300 })),
  ];
  const page = await dashboard.open('/inbox', { size: 'phone' });
  await longPress(page, 'Refund to Gus');
  expect(new URL(page.url()).pathname).toBe('/inbox');
  await page.getByText('1 selected').waitFor();
  await page.getByRole('link', { name: 'Refund to Hana' }).tap();
  await page.getByRole('link', { name: 'Refund to Ivo' }).tap();
  await page.getByText('3 selected').waitFor();
  expect(new URL(page.url()).pathname).toBe('/inbox');
  expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
  await page.getByRole('button', { name: 'Reject 3' }).waitFor();
  await page.getByRole('button', { name: 'Approve 2' }).tap();
  const dialog = page.getByRole('dialog', { name: '3 requests' });
  // What is critical is left out by itself, and says why.
  await dialog.getByRole('listitem', { name: 'Refund to Ivo: Leave' }).waitFor();
  await dialog.getByText('high and critical ones are approved on their own').waitFor();
  await dialog.getByRole('button', { name: 'Approve 2' }).tap();
  await outcomes(page).waitFor();
  await expect
    .poll(() => statuses([gus, hana, critical].filter((one) => one !== undefined)))
    .toEqual(['approved', 'approved', 'pending']);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().tap();
  // A tap opens again.
  await page.getByRole('link', { name: 'Refund to Ivo' }).tap();
  await readyToDecide(page, 'Refund to Ivo');
});

test('the button for choosing does without a long press, and ends it', async () => {
  await askAll(['Jo']);
  const page = await dashboard.open('/inbox', { size: 'phone' });
  await page.getByRole('button', { name: 'Choose several' }).tap();
  await page.getByText('0 selected').waitFor();
  await page.getByRole('checkbox', { name: 'Select Refund to Jo' }).check();
  await page.getByText('1 selected').waitFor();
  await page.getByRole('button', { name: 'Choose nothing' }).last().tap();
  expect(await page.getByRole('region', { name: 'Chosen requests' }).count()).toBe(0);
  await page.getByRole('link', { name: 'Refund to Jo' }).tap();
  await readyToDecide(page, 'Refund to Jo');
});
