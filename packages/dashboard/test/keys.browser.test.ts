/** API keys and workspaces, as those who run them meet them. */
import type { WireApiKey } from '@countersign/contract';
import { addKey, until } from '@countersign/server/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, startDashboard } from './browser-fixture.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

const statusOf = async (secret: string): Promise<number> =>
  (await dashboard.app.call(`Bearer ${secret}`, 'GET', '/v1/approvals')).status;

const shown = async (page: Page): Promise<string> => {
  const secret = (await page.getByRole('dialog').locator('code').textContent()) ?? '';
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await page.content()).not.toContain(secret);
  return secret;
};

test('a key with an end and networks is created, rotated with an overlap, and revoked', async () => {
  const page = await dashboard.open('/settings/keys');
  await page.getByRole('button', { name: 'New key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Nightly job');
  await dialog.getByLabel('Works for').selectOption('7');
  await dialog.getByLabel('Only from these networks').fill('127.0.0.1');
  await dialog.getByText('“127.0.0.1” is not a range').waitFor();
  await dialog.getByLabel('Only from these networks').fill('127.0.0.0/8, ::1/128');
  await dialog.getByLabel('Other tools').fill('pay, mail.send');
  await dialog.getByRole('button', { name: 'Create the key' }).click();
  const first = await shown(page);
  // The last use is written once a minute, and by a server that stops.
  const leaving = await dashboard.app.replica();
  expect((await leaving.call(`Bearer ${first}`, 'GET', '/v1/approvals')).status).toBe(200);
  await leaving.stop();

  await page.reload();
  const row = page.getByRole('listitem').filter({ hasText: 'Nightly job' });
  await row.getByText('ends in 7 days').waitFor();
  await row.getByText(/Used .* from 127\.0\.0\.1/).waitFor();
  await row.getByText('Only from 127.0.0.0/8, ::1/128; tools pay, mail.send.').waitFor();

  await row.getByRole('button', { name: 'Rotate Nightly job' }).click();
  await page.getByLabel('The old secret goes on for').selectOption('1');
  await page.getByRole('button', { name: 'Make a new secret' }).click();
  const second = await shown(page);
  expect(second).not.toBe(first);
  await row.getByText('The secret before is good until').waitFor();
  await row
    .getByText(/until \d/)
    .first()
    .waitFor();
  expect([await statusOf(first), await statusOf(second)]).toEqual([200, 200]);

  await row.getByRole('button', { name: 'Revoke Nightly job' }).click();
  await page.getByRole('button', { name: 'Revoke the key' }).click();
  await row.getByText('revoked', { exact: true }).waitFor();
  for (const secret of [first, second])
    await until(
      () => statusOf(secret),
      (status) => status === 401,
    );
});

test('a builder finds buttons on own keys only, and no scope that is not theirs to give', async () => {
  const bea = await dashboard.person('Bea Builder', ['builder']);
  await addKey(dashboard.app.store, dashboard.app.one.id, bea, ['approvals:read']);
  const page = await dashboard.open('/settings/keys', { as: bea });
  const { body } = await dashboard.app.call<{ data: WireApiKey[] }>(bea, 'GET', '/v1/api-keys?limit=200');
  const own = body.data.filter(({ owner }) => owner.id === bea.id);
  expect([own.length, body.data.length > own.length]).toEqual([1, true]);
  await page.getByRole('listitem').first().waitFor();
  for (const verb of [/^Rotate/, /^Revoke/]) expect(await page.getByRole('button', { name: verb }).count()).toBe(1);
  await page.getByRole('button', { name: 'New key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Only read').waitFor();
  expect(await dialog.getByLabel('Directory (SCIM)').count()).toBe(0);
  await dialog.getByLabel('Something else').check();
  expect(await dialog.getByLabel('Approve and reject requests').count()).toBe(0);
});

test('an owner creates a workspace, is in it, and switches back', async () => {
  const page = await dashboard.open('/history');
  const menu = page.getByRole('button', { name: /account of/ });
  await menu.click();
  await page.getByRole('menuitem', { name: 'New workspace…' }).click();
  await page.getByLabel('Name of the workspace').fill('Paris office');
  await page.getByRole('button', { name: 'Create and go in' }).click();
  await page.waitForURL(/\/inbox/);
  await menu.click();
  await page.getByText('in Paris office').waitFor();
  await page.getByRole('menuitemradio', { name: 'Paris office', checked: true }).waitFor();
  const other = page.getByRole('group', { name: 'Workspace' }).getByRole('menuitemradio', { checked: false });
  const name = (await other.textContent()) ?? '';
  await other.click();
  await page.waitForURL(/\/inbox/);
  await menu.click();
  await page.getByText(`in ${name}`).waitFor();
  // The session was replaced twice: the page's own, not the one that the test began with, is asked.
  const answer = await page.request.get(`${dashboard.url}/v1/workspaces`);
  const { data } = (await answer.json()) as { data: { name: string; is_current: boolean }[] };
  expect(data.toSorted((a, b) => Number(b.is_current) - Number(a.is_current))).toMatchObject([
    { name, is_current: true },
    { name: 'Paris office', is_current: false },
  ]);
});

test('newcomers wait, and groups of a directory give roles, as the settings say', async () => {
  const olga = await dashboard.person('Olga Owner', ['owner']);
  const page = await dashboard.open('/settings/people?part=rules', { as: olga });
  expect(await page.locator('code', { hasText: '/scim/v2' }).textContent()).toBe(`${dashboard.url}/scim/v2`);
  await page.getByLabel('Hours until a new role').fill('24');
  await page.getByRole('button', { name: 'Roles for a group' }).click();
  await page.getByLabel('Group 1, as the directory calls it').fill('Finance Approvers');
  await page.getByRole('button', { name: 'Save the settings' }).click();
  const { newcomer_wait_hours: hours, scim } = await until(
    async () =>
      (await dashboard.app.call<{ newcomer_wait_hours: number; scim: object }>(olga, 'GET', '/v1/settings')).body,
    (settings) => settings.newcomer_wait_hours === 24,
  );
  expect([hours, scim]).toEqual([
    24,
    { default_roles: ['viewer'], roles_by_group: { 'Finance Approvers': ['approver'] } },
  ]);
});
