import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, startDashboard } from './browser-fixture.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

test('an owner invites somebody, whose link makes them a member, once', async () => {
  const page = await dashboard.open('/settings/people?part=invitations');
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await page.getByLabel('E-mail').fill('gwen@join.example');
  await page.getByRole('button', { name: 'Make the link' }).click();
  const url = (await page.locator('code', { hasText: '/join#token=' }).textContent()) ?? '';
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByText('gwen@join.example').waitFor();

  const { pathname, hash } = new URL(url);
  const guest = await dashboard.open(pathname + hash, { as: null });
  await guest.getByText('invites gwen@join.example to join One as approver').waitFor();
  expect(guest.url()).not.toContain('token');
  await guest.getByLabel('Your name').fill('Gwen Guest');
  await guest.getByRole('button', { name: 'Accept and go in' }).click();
  await guest.waitForURL(/\/(account|inbox)/);

  const late = await dashboard.open(pathname + hash, { as: null, expectedErrors: /404/ });
  await late.getByText('does not work any more').waitFor();
});
