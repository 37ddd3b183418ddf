/** Channels as an owner meets them: added, tried out, looked at, replayed, removed; and what a person wants to hear. */
import { SLACK, type TestHook, startHook, startSlack, until } from '@countersign/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, startDashboard } from './browser-fixture.ts';

let dashboard: DashboardFixture;
let hook: TestHook;
beforeAll(async () => {
  dashboard = await startDashboard();
  hook = await startHook();
});
afterAll(async () => {
  await dashboard.stop();
  await hook.close();
});

const owner = () => dashboard.app.one.people.owner;

test('a webhook is added with its secret shown once, tested, told, replayed, paused and removed', async () => {
  const page = await dashboard.open('/channels', { as: owner(), expectedErrors: /422/ });
  await page.getByRole('button', { name: 'New channel' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Finance');
  await dialog.getByLabel('Address').fill('http://10.0.0.1/inside');
  await dialog.getByRole('button', { name: 'Add the channel' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Address').fill(hook.url);
  await dialog.getByLabel('approval.requested').check();
  await dialog.getByRole('button', { name: 'Add the channel' }).click();
  expect(await dialog.locator('code').textContent()).toMatch(/^whsec_/);
  await page.getByRole('button', { name: 'I have copied it' }).click();

  const row = page.getByRole('listitem').filter({ hasText: 'Finance' });
  await row.getByRole('button', { name: 'Test' }).click();
  await row.getByText('The test got through').waitFor();
  hook.answer = (_, response) => void response.writeHead(500).end('<i>broken</i>');
  await row.getByRole('button', { name: 'Test' }).click();
  await row.getByText('The test did not get through').waitFor();
  await dashboard.ask({ title: 'Wire 40,000 EUR' });
  await until(
    async () => hook.got,
    ({ length }) => length === 3,
  );

  await row.getByRole('link', { name: 'Deliveries' }).click();
  const delivery = page.getByRole('listitem').filter({ hasText: 'approval.requested' });
  await delivery.getByText('answered 500').waitFor();
  await delivery.getByRole('button', { name: 'Show' }).click();
  await page.getByText('<i>broken</i>').waitFor();
  await page.getByText('webhook-signature').waitFor();
  await page.getByLabel('Show').selectOption('failed');
  hook.answer = (_, response) => void response.writeHead(204).end();
  await page.getByRole('button', { name: 'Replay' }).click();
  await until(
    async () => hook.got,
    ({ length }) => length === 4,
  );

  await page.getByRole('link', { name: 'Channels', exact: true }).first().click();
  await row.getByRole('button', { name: 'Pause' }).click();
  await row.getByText('paused').waitFor();
  await row.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove the channel' }).click();
  await page.getByText('No channel yet').waitFor();
});

test('a person chooses quiet hours, which are still there after a reload', async () => {
  const page = await dashboard.open('/account', { as: owner() });
  await page.getByLabel('Quiet hours').check();
  await page.getByLabel('From', { exact: true }).fill('21:30');
  await page.getByRole('button', { name: 'Save what I am told' }).click();
  await until(
    async () =>
      (await dashboard.app.call<{ quiet_hours: { from: string } | null }>(owner(), 'GET', '/v1/account/notifications'))
        .body,
    (saved) => saved.quiet_hours?.from === '21:30',
  );
  await page.reload();
  expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe('21:30');
});

test('whoever opens a request is noted as having opened it', async () => {
  const asked = await dashboard.ask({ title: 'Look at this' });
  await dashboard.open(`/inbox/${asked.id}`);
  await until(
    () => dashboard.app.sql('select from approval_reader where approval_id = $1', [asked.id]),
    ({ length }) => length === 1,
  );
});

test('a channel in Slack is added with its secrets, proves itself, and somebody makes a code to say there who they are', async () => {
  const slack = await startSlack();
  const email = owner().email;
  slack.users.push({ id: 'U0OWNER000', team_id: SLACK.team, name: 'owner', profile: { email } });
  // Its address is that of the government cloud's setting, which the dialog does not ask for.
  const made = await dashboard.app.call<{ id: string }>(owner(), 'POST', '/v1/channels', {
    kind: 'slack',
    name: 'Slack by the API',
    settings: { channel: SLACK.channel, api_url: slack.url },
    secrets: { bot_token: SLACK.token, signing_secret: SLACK.secret },
    rate_per_second: 100,
  });
  expect(made.status).toBe(201);
  const page = await dashboard.open('/channels', { as: owner() });
  await page.getByRole('button', { name: 'New channel' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Kind').selectOption('slack');
  await dialog.getByLabel('Name').fill('Finance in Slack');
  await dialog.getByRole('button', { name: 'Add the channel' }).click();
  await dialog.getByText('is needed').first().waitFor();
  await dialog.getByLabel('Channel id').fill('C0123456789');
  await dialog.getByLabel('Bot token').fill(SLACK.token);
  await dialog.getByLabel('Signing secret').fill(SLACK.secret);
  await dialog.getByLabel('Approved right there up to').selectOption('medium');
  await dialog.getByRole('button', { name: 'Add the channel' }).click();
  const added = page.getByRole('listitem').filter({ hasText: 'Finance in Slack' });
  await added.getByText('Clicks come back to').waitFor();

  const row = page.getByRole('listitem').filter({ hasText: 'Slack by the API' });
  await row.getByRole('button', { name: 'Prove' }).click();
  await row.getByText('A stranger’s click is refused').waitFor({ timeout: 60_000 });
  expect(await row.getByText('Fails').count()).toBe(0);

  await page.goto(`${dashboard.url}/account`);
  await page.getByRole('button', { name: 'Make a code' }).click();
  await page.getByText(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/).waitFor();
  await slack.close();
});
