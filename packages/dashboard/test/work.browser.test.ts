import type { WireExecution } from '@countersign/contract';
import { type TestModel, type TestTool, defineAgent, startModel, startTool, until } from '@countersign/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, readyToDecide, sidewaysScroll, startDashboard } from './browser-fixture.ts';
import { refund } from './requests.ts';

let dashboard: DashboardFixture;
let model: TestModel;
let tool: TestTool;

beforeAll(async () => {
  dashboard = await startDashboard();
  // Whatever it is told, the model first pays and then says that it did.
  model = await startModel(({ messages }) =>
    messages.at(-1)?.role === 'tool'
      ? { text: 'It is paid.' }
      : { calls: [{ tool: 'pay', arguments: { amount: 5, order: 'HL-1' } }] },
  );
  tool = await startTool(() => '{"paid":true}');
});
afterAll(async () => {
  await dashboard.stop();
  await model.close();
  await tool.close();
});

test('a one-time link signs in, leaves no token in the address, and works once', async () => {
  const link = await dashboard.signInUrl();
  const page = await dashboard.open(link, { as: null, expectedErrors: /401/ });
  await page.waitForURL('**/inbox');
  await page.getByText('Nothing needs you').waitFor();
  const again = await dashboard.open(link, { as: null, expectedErrors: /401/ });
  await again.getByText('This link does not work any more').waitFor();
  await again.getByText('countersign sign-in-link --email').waitFor();
  expect(again.url()).not.toContain('token');
});

test('an agent is made, run, held, approved with an edit, and goes on to its end', async () => {
  const { app, reviewer } = dashboard;
  await defineAgent(app, app.one.keys.asking, model, {
    pay: { http: { url: `${tool.url}/pay` }, description: 'Pays.', summary_template: 'Pay {amount} for {order}' },
  });
  const page = await dashboard.open('/agents');
  await page.getByRole('link', { name: 'New agent' }).click();
  await page.getByLabel(/^Name/).fill('Cashier');
  await page.getByRole('button', { name: 'Create the agent' }).click();
  await page.getByText('is needed').first().waitFor();
  await page.getByLabel('Provider').selectOption('openai_compatible');
  await page.getByLabel('Address').fill(model.url);
  await page.getByLabel('Model').fill('scripted');
  await page.getByLabel('Access to pay').selectOption('asks');
  await page.getByText('→ asks').waitFor();
  await page.getByRole('button', { name: 'Create the agent' }).click();
  await page.getByRole('heading', { level: 1, name: 'Cashier' }).waitFor();

  await page.getByLabel('Input').fill('Pay order HL-1.');
  await page.getByRole('button', { name: 'Execute' }).click();
  await page.getByText('Waits for 1 decision').waitFor();
  const executionId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  expect(tool.ledger).toEqual([]);

  // Who runs an agent may not approve what it asks for.
  const other = await dashboard.person('Olga Other', ['approver']);
  const asked = await dashboard.open('/inbox', { as: other });
  await readyToDecide(asked, 'Pay 5 for HL-1');
  await asked.keyboard.press('e');
  await asked.getByLabel('amount', { exact: true }).fill('4');
  await asked.keyboard.press('Control+Enter');
  await asked.getByRole('button', { name: 'Approve with edits' }).click();
  await page.getByText('It is paid.').filter({ visible: true }).waitFor();
  expect(tool.ledger.map((call) => call.arguments)).toEqual([{ amount: 4, order: 'HL-1' }]);
  const { body } = await app.call<WireExecution>(app.one.keys.reading, 'GET', `/v1/executions/${executionId}`);
  expect(body.status).toBe('completed');
  await page.getByText('edited').first().waitFor();
  await page.getByRole('link', { name: 'See the decision' }).click();
  await page.getByText('Approved with edits by Olga Other').waitFor();
  expect(reviewer.name).not.toBe(other.name);
});

test('a new version says what changed, above all who is asked', async () => {
  const page = await dashboard.open('/agents');
  await page.getByRole('link', { name: 'Cashier' }).click();
  await page.getByRole('link', { name: 'New version' }).click();
  await page.getByRole('radio', { name: /Record, do not ask/ }).check();
  await page.getByLabel('Instructions').fill('Pay what you are told.');
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  await page.getByText('A message is needed').waitFor();
  await page.getByLabel('What changed, and why').fill('Trust it');
  await page.getByLabel('Make it the current version at once').uncheck();
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  await page.getByRole('heading', { level: 2, name: 'Changes who is asked' }).waitFor();
  await page.locator('ins', { hasText: 'audit' }).waitFor();
  const headings = await page.getByRole('heading', { level: 2 }).allTextContents();
  expect(headings).toEqual(['Changes who is asked', 'Other changes']);
  await page.getByRole('button', { name: 'Make it the current one' }).click();
  await page.getByText('current', { exact: true }).waitFor();
});

test('cancelling an execution says what it withdraws, and withdraws it', async () => {
  const { app } = dashboard;
  const agents = await app.call<{ data: { id: string; name: string }[] }>(app.one.keys.reading, 'GET', '/v1/agents');
  const waiting = agents.body.data.find(({ name }) => name.startsWith('Agent '));
  const { body: started } = await app.call<WireExecution>(
    app.one.keys.asking,
    'POST',
    `/v1/agents/${waiting?.id}/execute`,
    { input: 'Pay.' },
  );
  await until(
    async () =>
      (await app.call<WireExecution>(app.one.keys.reading, 'GET', `/v1/executions/${started.id}`)).body.status,
    (status) => status === 'awaiting_approval',
  );
  const page = await dashboard.open(`/executions/${started.id}`);
  await page.getByRole('button', { name: 'Cancel' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Pay 5 for HL-1').waitFor();
  await dialog.getByRole('button', { name: 'Cancel the execution' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Cancelled', { exact: true }).first().waitFor();
  const { body } = await app.call<{ data: unknown[] }>(
    app.one.keys.reading,
    'GET',
    `/v1/executions/${started.id}/pending-approval`,
  );
  expect(body.data).toEqual([]);
});

test('a key is shown once, asking and deciding exclude each other, and revoking works', async () => {
  const page = await dashboard.open('/settings/keys');
  await page.getByRole('button', { name: 'New key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Shop backend');
  await dialog.getByLabel('Something else').check();
  await dialog.getByLabel('Ask for approvals').check();
  expect(await dialog.getByLabel(/Approve and reject requests/).isDisabled()).toBe(true);
  await dialog.getByLabel('See requests and decisions').check();
  await dialog.getByRole('button', { name: 'Create the key' }).click();
  const secret = (await dialog.locator('code').textContent()) ?? '';
  expect(secret).toMatch(/^csk_agt_/);
  expect((await dashboard.app.call(`Bearer ${secret}`, 'GET', '/v1/approvals')).status).toBe(200);
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await page.content()).not.toContain(secret);
  await page.getByRole('button', { name: 'Revoke Shop backend' }).click();
  await page.getByRole('button', { name: 'Revoke the key' }).click();
  await page.getByText('revoked', { exact: true }).waitFor();
  await until(
    async () => (await dashboard.app.call(`Bearer ${secret}`, 'GET', '/v1/approvals')).status,
    (status) => status === 401,
  );
});

test('a hostile value is shown whole, as text, with what hides in it pointed out', async () => {
  const asked = await dashboard.ask(
    refund('x', {
      title: 'Open the page',
      tool: 'browser.open',
      arguments: {
        url: 'https://раypal.com/\u202Egnp.exe',
        html: '<img src=x onerror=alert(1)> **bold**',
        hidden: 'a\u200Bb',
        long: Array.from({ length: 200 }, (_, line) => `line ${line + 1}`).join('\n'),
        huge: 'x'.repeat(100_000),
      },
      arguments_schema: { type: 'object', properties: { url: { type: 'string' } } },
    }),
  );
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Open the page');
  await page.getByText('U+202E right-to-left override').waitFor();
  await page.getByText('U+200B zero-width space').waitFor();
  await page.getByText('Latin and Cyrillic letters in one word').first().waitFor();
  await page.getByText('<img src=x onerror=alert(1)> **bold**').waitFor();
  expect(await page.locator('article img').count()).toBe(0);
  await page.getByText('not in the schema').first().waitFor();
  expect(await page.getByText('line 200').count()).toBe(0);
  await page.getByRole('button', { name: 'Show 160 more lines' }).click();
  await page.getByText('line 200').waitFor();
  expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
});

test('light and dark are chosen, kept, and set before the first paint', async () => {
  const page = await dashboard.open('/history', { theme: 'light' });
  await page.getByRole('button', { name: 'Dark theme' }).click();
  expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
  await page.reload({ waitUntil: 'commit' });
  await page.waitForFunction('document.documentElement?.dataset.theme !== undefined');
  expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
});
