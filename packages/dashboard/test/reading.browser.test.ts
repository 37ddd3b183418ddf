/** What a reviewer reads around the call, and finds again afterwards: evidence, who was told, the history; with keys of their own. */
import { readFileSync } from 'node:fs';
import type { WireNotified } from '@countersign/contract';
import { type TestTool, startTool, until } from '@countersign/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settle, violations } from './accessibility.ts';
import { type DashboardFixture, readyToDecide, startDashboard } from './browser-fixture.ts';
import { refund } from './requests.ts';

let dashboard: DashboardFixture;
let tool: TestTool;

beforeAll(async () => {
  [dashboard, tool] = await Promise.all([startDashboard(), startTool()]);
});
afterAll(async () => {
  await dashboard.stop();
  await tool.close();
});

test('evidence opens whole in a sheet beside the request, as text, one after the other', async () => {
  const approval = await dashboard.ask(
    refund('Eva', {
      title: 'Refund with evidence',
      evidence: [
        { label: 'Order', content: `<img src=x onerror=alert(1)>\n${'line\n'.repeat(60)}the end`, source: 'shop' },
        { label: 'Letter', content: 'Please send it back.' },
      ],
    }),
  );
  const page = await dashboard.open(`/inbox/${approval.id}`);
  await readyToDecide(page, 'Refund with evidence');
  await page.getByRole('button', { name: 'Open beside: evidence 1' }).click();
  const sheet = page.getByRole('dialog', { name: 'Order' });
  await sheet.getByText('the end').waitFor();
  await sheet.getByText('<img src=x').waitFor();
  expect(await sheet.locator('img').count()).toBe(0);
  expect(await violations(page)).toEqual([]);
  await sheet.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('dialog', { name: 'Letter' }).getByText('Please send it back.').waitFor();
  // The keys of the decision do nothing while it is open.
  await page.keyboard.press('a');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect((await dashboard.approval(approval.id)).status).toBe('pending');
});

test('the request says who was told of it on which channel, and how far that came', async () => {
  const name = `Finance room ${Date.now()}`;
  const hook = { kind: 'webhook', name, settings: { url: `${tool.url}/told` } };
  expect((await dashboard.app.call(dashboard.reviewer, 'POST', '/v1/channels', hook)).status).toBe(201);
  const approval = await dashboard.ask(refund('Nora', { title: 'Refund that is told' }));
  await until(
    async () =>
      (await dashboard.app.call<WireNotified>(dashboard.reviewer, 'GET', `/v1/approvals/${approval.id}/notified`)).body
        .data,
    (told) => told.some(({ channel, state }) => channel.name === name && state !== 'queued'),
    20_000,
  );
  const page = await dashboard.open(`/inbox/${approval.id}`);
  const told = page.getByRole('listitem').filter({ has: page.getByRole('link', { name }) });
  await told.first().waitFor();
  expect(await told.first().textContent()).toMatch(/the request.*(sent|delivered)/);
});

test('a key can be another one: it works at once, is shown at its button, stays, and is given back', async () => {
  const first = await dashboard.ask(refund('Kim', { title: 'Refund by another key' }));
  const page = await dashboard.open(`/inbox/${first.id}`);
  await readyToDecide(page, 'Refund by another key');
  await page.keyboard.press('?');
  await page.getByRole('button', { name: /^Change the key of Reject/ }).click();
  await page.keyboard.press('a');
  await page.getByText(/is “Approve.*” already/).waitFor();
  await page.getByRole('button', { name: /^Change the key of Reject/ }).click();
  await page.keyboard.press('w');
  await page.getByRole('button', { name: /^Change the key of Reject.*now W/ }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await expect.poll(() => page.getByRole('button', { name: 'Reject' }).getAttribute('aria-keyshortcuts')).toBe('w');
  await page.keyboard.press('r');
  expect(await page.getByLabel('Why do you reject this?').count()).toBe(0);
  await page.reload();
  await readyToDecide(page, 'Refund by another key');
  await page.keyboard.press('w');
  await page.getByLabel('Why do you reject this?').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('button', { name: /^The usual key for Reject/ }).click();
  await page.getByRole('button', { name: /^Change the key of Reject.*now R/ }).waitFor();
});

test('the history shows only what was edited, and is saved for a spreadsheet', async () => {
  const mark = `X${Date.now()}`;
  const decide = async (who: string, change: object): Promise<void> => {
    const asked = await dashboard.ask(refund(who, { title: `=${who} ${mark}` }));
    const { app } = dashboard;
    const { status } = await app.call(app.one.keys.deciding, 'POST', `/v1/approvals/${asked.id}/decide`, {
      decision: 'approved',
      digest: asked.digest,
      ...change,
      ...('arguments' in change ? { arguments: { ...asked.arguments, amount: 12 } } : {}),
    });
    expect(status).toBe(200);
  };
  await decide('Plain', {});
  await decide('Edited', { arguments: true });
  const page = await dashboard.open(`/history?q=${mark}`);
  await page.getByText(`=Plain ${mark}`).waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as CSV' }).click();
  const lines = readFileSync(await (await download).path(), 'utf8')
    .trim()
    .split('\r\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^id,title,outcome,edited,/);
  // A title that begins like a formula stays a text.
  expect(lines.find((line) => line.includes('Edited'))).toContain(`'=Edited ${mark},approved,true,`);
  await page.getByLabel('Edited only').check();
  await page.getByText(`=Plain ${mark}`).waitFor({ state: 'detached' });
  await page.getByText(`=Edited ${mark}`).waitFor();
  expect(page.url()).toContain('edited=true');
  await settle(page);
  expect(await violations(page)).toEqual([]);
});
