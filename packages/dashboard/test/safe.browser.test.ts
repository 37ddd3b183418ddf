/** Safe to look at: whole, plainly marked, and never approved by a reflex (trust.md, A3, T23, T25, T27, D4). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '@countersign/server/testing';
import { type DashboardFixture, type Size, readyToDecide, sidewaysScroll, startDashboard } from './browser-fixture.ts';
import { refund } from './requests.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

const status = async (id: string): Promise<string> => (await dashboard.approval(id)).status;
const isApproved = (id: string) =>
  until(
    () => status(id),
    (now) => now === 'approved',
  );
const HOLD_MS = 950;

/** Of nearly 256 KiB, with what matters at its end. */
const LONG = `${'All is well with this order. '.repeat(8700)}\nPay everything to DE02 1001 0010 0307 1181 03.`;

describe('A3, T25: a payload of 256 KiB with the needle at its end', () => {
  test.each<[Size, string, 'note' | 'output' | 'nested']>([
    ['desktop', 'high', 'note'],
    ['phone', 'critical', 'note'],
    ['desktop', 'critical', 'output'],
    ['phone', 'high', 'nested'],
  ])('on a %s, %s, as %s: it is visible, or it can not be approved', async (size, priority, where) => {
    const title = `Long ${size} ${where}`;
    const content = {
      note: { arguments: { charge: 'ch_1', note: LONG } },
      nested: { arguments: { charge: 'ch_2', lines: [{ text: LONG }] } },
      output: { output: LONG },
    }[where];
    const base = where === 'output' ? { checkpoint: 'review_mail' } : refund(title, { arguments_schema: undefined });
    const asked = await dashboard.ask({ ...base, title, priority, ...content });
    const page = await dashboard.open(`/inbox/${asked.id}`, { size });
    await readyToDecide(page, title);
    const approve = page.getByRole('button', { name: 'Hold to approve' });
    expect(await approve.getAttribute('aria-disabled')).toBe('true');
    await page.getByText('1 folded text to open before you can approve').first().waitFor();
    await page.keyboard.down('a');
    await page.waitForTimeout(HOLD_MS);
    await page.keyboard.up('a');
    expect(await status(asked.id)).toBe('pending');
    expect(await page.getByText('DE02 1001 0010 0307 1181 03').count()).toBe(0);
    const counter = page.getByRole('button', { name: /^Show [\d,]+ more lines \(25\d,\d+ characters in all\)$/ });
    // A put it where the obstacle is.
    expect(await page.evaluate('document.activeElement?.hasAttribute("data-fold")')).toBe(true);
    await (size === 'phone' ? counter.tap() : counter.click());
    await page.getByText('DE02 1001 0010 0307 1181 03').waitFor();
    expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
    expect(await approve.getAttribute('aria-disabled')).toBeNull();
    await page.keyboard.down('a');
    await page.waitForTimeout(HOLD_MS);
    await page.keyboard.up('a');
    await isApproved(asked.id);
  });

  test('a medium one folds with a counter too, and need not be opened', async () => {
    const asked = await dashboard.ask(refund('Mild', { arguments: { note: LONG }, arguments_schema: undefined }));
    const page = await dashboard.open(`/inbox/${asked.id}`);
    await readyToDecide(page, 'Refund to Mild');
    await page.getByRole('button', { name: /^Show [\d,]+ more lines/ }).waitFor();
    await page.keyboard.press('a');
    expect(await isApproved(asked.id)).toBe('approved');
  });

  test('together with others it is not approved before it was opened', async () => {
    const first = await dashboard.ask(refund('Bulk one', { arguments: { note: LONG }, arguments_schema: undefined }));
    const second = await dashboard.ask(refund('Bulk two'));
    const page = await dashboard.open(`/inbox/${first.id}`);
    await readyToDecide(page, 'Refund to Bulk one');
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await readyToDecide(page, 'Refund to Bulk two');
    await page.keyboard.press('x');
    await page.getByRole('button', { name: 'Approve 2' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: /^Show [\d,]+ more lines/ }).waitFor();
    const approve = dialog.getByRole('button', { name: 'Approve 2' });
    expect(await approve.getAttribute('aria-disabled')).toBe('true');
    await dialog.getByRole('button', { name: /^Show [\d,]+ more lines/ }).click();
    await expect.poll(() => approve.getAttribute('aria-disabled')).toBeNull();
    await approve.click();
    await Promise.all([isApproved(first.id), isApproved(second.id)]);
  });
});

describe('T27, D4: an approval is never a reflex', () => {
  test('high takes a press of 800 ms by key, by space bar and by pointer; a shorter one says so', async () => {
    for (const how of ['key', 'space', 'pointer'] as const) {
      const title = `High by ${how}`;
      const asked = await dashboard.ask(refund(title, { title, priority: 'high' }));
      const page = await dashboard.open(`/inbox/${asked.id}`);
      await readyToDecide(page, title);
      expect(await page.evaluate('document.activeElement?.closest("[data-decision-bar]")')).toBeNull();
      const button = page.getByRole('button', { name: 'Hold to approve' });
      const box = await button.boundingBox();
      if (box === null) throw new Error('there is no Approve button');
      if (how === 'space') await button.focus();
      if (how === 'pointer') await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      const key = how === 'space' ? ' ' : 'a';
      const down = () => (how === 'pointer' ? page.mouse.down() : page.keyboard.down(key));
      const up = () => (how === 'pointer' ? page.mouse.up() : page.keyboard.up(key));
      await down();
      await page.waitForTimeout(300);
      await up();
      await page.getByText('Keep it pressed to approve').waitFor();
      await page.waitForTimeout(HOLD_MS);
      expect(await status(asked.id)).toBe('pending');
      await down();
      await page.waitForTimeout(HOLD_MS);
      await up();
      await isApproved(asked.id);
    }
  });

  test('who can not hold presses twice', async () => {
    const asked = await dashboard.ask(refund('Switch', { title: 'By a switch', priority: 'high' }));
    const page = await dashboard.open(`/inbox/${asked.id}`);
    await readyToDecide(page, 'By a switch');
    const press = () => page.getByRole('button', { name: 'Hold to approve' }).evaluate((button) => button.click());
    await press();
    await page.getByText('Press once more to approve').waitFor();
    await press();
    expect(await status(asked.id)).toBe('pending');
    await page.waitForTimeout(HOLD_MS);
    await press();
    await isApproved(asked.id);
  });

  test('a critical one that is approved by keyboard within a second is refused, with the reason', async () => {
    const asked = await dashboard.ask(refund('Crit', { title: 'Critical in a hurry', priority: 'critical' }));
    const other = await dashboard.ask(refund('Crit two', { title: 'Critical too', priority: 'critical' }));
    const page = await dashboard.open(`/inbox/${other.id}`);
    await readyToDecide(page, 'Critical too');
    await page.getByRole('link', { name: 'Critical in a hurry' }).click();
    await readyToDecide(page, 'Critical in a hurry');
    await page.keyboard.down('a');
    await page.getByText('it was on screen for less than a second').waitFor();
    await page.waitForTimeout(HOLD_MS);
    await page.keyboard.up('a');
    expect(await status(asked.id)).toBe('pending');
    await page.keyboard.down('a');
    await page.waitForTimeout(HOLD_MS);
    await page.keyboard.up('a');
    await isApproved(asked.id);
    expect(await status(other.id)).toBe('pending');
  });

  test('Approve has the focus on no page that opens, whatever the priority', async () => {
    for (const priority of ['low', 'medium', 'high', 'critical']) {
      const title = `Focus ${priority}`;
      const asked = await dashboard.ask(refund(title, { title, priority }));
      const page = await dashboard.open(`/inbox/${asked.id}`);
      await readyToDecide(page, title);
      expect(await page.evaluate('document.activeElement?.closest("[data-decision-bar]")')).toBeNull();
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'pprove' }).focus();
      await page.keyboard.press('Enter');
      expect(await status(asked.id)).toBe('pending');
    }
  });
});
