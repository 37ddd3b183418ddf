/** The audit log in the browser: found, filtered, checked by the browser itself, exported, erased. */
import { readFileSync } from 'node:fs';
import type { WireAuditEntry } from '@countersign/contract';
import { until } from '@countersign/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, startDashboard } from './browser-fixture.ts';
import { refund } from './requests.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

/** The entry of a new key, which says a name: sealed. */
const sealedEntry = async (name: string): Promise<WireAuditEntry> => {
  const { app, reviewer } = dashboard;
  const made = await app.call<{ id: string }>(reviewer, 'POST', '/v1/api-keys', { name, scopes: ['approvals:read'] });
  return until(
    async () =>
      (await app.call<{ data: WireAuditEntry[] }>(reviewer, 'GET', `/v1/audit?subject=${made.body.id}`)).body.data[0],
    (entry) => entry?.index !== null && entry !== undefined,
  ) as Promise<WireAuditEntry>;
};

test('is found by words and kind, and says up to where this browser has checked it', async () => {
  await dashboard.ask(refund('Ana'));
  const entry = await sealedEntry('Zebra <b>crossing</b>');
  const page = await dashboard.open('/audit');
  await page.getByText(/Verified up to entry \d+/).waitFor();
  await page.getByText('What this shows').click();
  await page.getByText(/first head it has seen|it knew of before/).waitFor();
  await page.getByRole('searchbox', { name: 'Search the audit log' }).fill('zebra cross');
  await expect.poll(() => page.getByRole('listitem').filter({ hasText: 'key.created' }).count()).toBe(1);
  await page.getByText('name: Zebra <b>crossing</b>').waitFor();
  await page.getByLabel('What happened').fill('approval.decided');
  await page.getByLabel('What happened').press('Enter');
  await page.getByText('No entry matches').waitFor();
  await page.getByRole('button', { name: 'Clear the filter' }).click();
  // A later visit goes on from what the first one saw.
  await sealedEntry('Another');
  await page.reload();
  await page.getByText(/Verified up to entry \d+/).waitFor();
  await page.getByText('What this shows').click();
  await page.getByText(/it knew of before are still its beginning/).waitFor();
  expect(entry.index).not.toBeNull();
});

test('an entry is checked against the signed head, exported, and erased by an owner with a reason', async () => {
  const entry = await sealedEntry('Elefant');
  const page = await dashboard.open(`/audit/${entry.id}`);
  await page.getByText(new RegExp(`has checked that it is entry ${entry.index} of a log of`)).waitFor();
  await page.getByRole('button', { name: 'Copy the inclusion proof' }).waitFor();
  await page.getByRole('button', { name: 'Erase what it says' }).click();
  await page.getByLabel('Reason').fill('They asked for it');
  await page.getByRole('button', { name: 'Erase it for ever' }).click();
  await page.getByText('What it said was erased').waitFor();
  await page.getByText(/has checked that it is entry/).waitFor();
  expect(await page.getByText('Elefant').count()).toBe(0);
  await page.getByRole('link', { name: 'Audit log', exact: true }).first().click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export' }).click(),
  ]);
  const file = readFileSync(await download.path(), 'utf8');
  expect(file).toContain('"format":"countersign-audit/1"');
  expect(file.trimEnd().split('\n').at(-1)).toContain('"type":"end"');
});

test('a database that was changed shows: the entry says so, and nothing is called checked', async () => {
  const entry = await sealedEntry('Tampered');
  await dashboard.app.sql(`update event set data = data || '{"forged": true}' where id = $1`, [entry.id]);
  const page = await dashboard.open(`/audit/${entry.id}`);
  await page.getByText('The database says something else now than what was sealed.').waitFor();
  expect(await page.getByText(/has checked that it is entry/).count()).toBe(0);
});
