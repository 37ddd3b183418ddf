/** Agents on the phone, as somebody sets a line up and looks at its calls; and one’s own number on the account page. */
import type { WireAgent, WireVoiceLine } from '@countersign/contract';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settle, violations } from './accessibility.ts';
import { type DashboardFixture, LOOKS, sidewaysScroll, startDashboard } from './browser-fixture.ts';

let dashboard: DashboardFixture;
let conversation: string;

const made = async <T>(path: string, body: unknown): Promise<T> => {
  const answer = await dashboard.app.call<T>(dashboard.app.one.keys.asking, 'POST', path, body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body;
};

const photograph = async (page: Page, name: string): Promise<void> => {
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
};

beforeAll(async () => {
  dashboard = await startDashboard();
  const agent = await made<WireAgent>('/v1/agents', { name: 'Support agent' });
  await made(`/v1/agents/${agent.id}/versions`, { config: { provider: 'openai', model: 'm' } });
  const line = await made<WireVoiceLine>('/v1/voice-lines', {
    name: 'Support line',
    agent_id: agent.id,
    account_sid: `AC${'0'.repeat(32)}`,
    auth_token: 'f'.repeat(32),
    number: '+15005550006',
  });
  const talk = await made<{ id: string }>('/v1/conversations', {
    agent_id: agent.id,
    title: 'Call from +4917000000001',
  });
  conversation = talk.id;
  await dashboard.app.sql(
    `insert into voice_call (workspace_id, id, line_id, direction, number, conversation_id, held_since)
     values ($1, $2, $3, 'inbound', '+4917000000001', $4, now())`,
    [dashboard.app.one.id, `vca_${'0'.repeat(27)}`, line.id, conversation],
  );
});
afterAll(() => dashboard.stop());

test('a line is made, shows what to enter at Twilio, and is switched off', async () => {
  const page = await dashboard.open('/voice-lines');
  await page.getByRole('button', { name: 'New voice line' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Agent').selectOption({ label: 'Support agent' });
  await dialog.getByLabel('Name').fill('Night line');
  await dialog.getByLabel(/^Number/).fill('+15005550007');
  await dialog.getByLabel('Account SID').fill(`AC${'1'.repeat(32)}`);
  await dialog.getByLabel('Auth token').fill('e'.repeat(32));
  await dialog.getByLabel('What then').selectOption('transfer');
  await dialog.getByLabel('Put through to').fill('+4930123456');
  await photograph(page, 'voice-line-new');
  await dialog.getByRole('button', { name: 'Make the line' }).click();
  const row = page.getByRole('listitem').filter({ hasText: 'Night line' });
  await row.getByRole('button', { name: 'Calls' }).click();
  await row.getByText(/\/voice\/lines\/vln_.*\/answer$/).waitFor();
  await row.getByRole('button', { name: 'Switch off' }).click();
  await row.getByText('switched off').waitFor();
  expect(await row.getByText('Nobody has called yet.').count()).toBe(1);
});

describe.each(LOOKS)('in %s on a %s', (theme, size) => {
  test('lines, their calls, the conversation of one and one’s own number can be read by everybody', async () => {
    const page = await dashboard.open('/voice-lines', { theme, size });
    const row = page.getByRole('listitem').filter({ hasText: 'Support line' });
    await row.getByRole('button', { name: 'Calls' }).click();
    await page.getByText('waits for a decision').waitFor();
    await settle(page);
    await photograph(page, `voice-lines-${theme}-${size}`);
    expect(await violations(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    const talk = await dashboard.open(`/studio?open=${conversation}`, { theme, size });
    await talk.getByText('phone call, the caller waits').waitFor();
    await settle(talk);
    await photograph(talk, `voice-conversation-${theme}-${size}`);
    expect(await violations(talk)).toEqual([]);
    const account = await dashboard.open('/account', { theme, size });
    await account.getByLabel('Phone number').waitFor();
    await settle(account);
    await photograph(account, `voice-account-${theme}-${size}`);
    expect(await violations(account)).toEqual([]);
  });
});
