/** An agent is made a tool, given to another, and what it does is found from both sides. */
import type { WireExecution, WireTool } from '@countersign/contract';
import { defineAgent, startModel, until } from '@countersign/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settle, violations } from './accessibility.ts';
import { type DashboardFixture, startDashboard } from './browser-fixture.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

type Page = Awaited<ReturnType<DashboardFixture['open']>>;
const look = async (page: Page, name: string): Promise<void> => {
  // Under a dialog the page itself is not there for anybody.
  if ((await page.getByRole('dialog').count()) === 0) await settle(page);
  expect(await violations(page)).toEqual([]);
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
};

test('an agent becomes a tool in the dashboard; its executions and those above them link to each other', async () => {
  const { app } = dashboard;
  const helperModel = await startModel([{ text: 'It is blue.' }]);
  const helper = await defineAgent(app, app.one.keys.asking, helperModel, {}, { hitl_mode: 'disabled' });
  const { body: agent } = await app.call<{ name: string }>(app.one.keys.asking, 'GET', `/v1/agents/${helper.id}`);

  const tools = await dashboard.open('/settings/tools');
  await tools.getByRole('button', { name: 'An agent as a tool' }).click();
  await tools.getByRole('dialog').getByRole('combobox').selectOption({ label: agent.name });
  await tools.getByLabel('What it is good for').fill('Knows every colour.');
  await tools.getByLabel('It only reads').check();
  await look(tools, 'agent-tool-dialog');
  await tools.getByRole('button', { name: 'Make the tool' }).click();
  const made = await until(
    async () => (await app.call<{ data: WireTool[] }>(app.one.keys.asking, 'GET', '/v1/tools?limit=200')).body.data,
    (all) => all.some(({ agent: called }) => called?.agent_id === helper.id),
  );
  const tool = made.find(({ agent: called }) => called?.agent_id === helper.id)?.name ?? '';
  await tools.getByText(tool, { exact: true }).waitFor();
  await look(tools, 'tools-with-agent');

  const callerModel = await startModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool')
      ? { text: 'Told.' }
      : { calls: [{ tool, arguments: { input: 'What colour is it?' } }] },
  );
  const caller = await defineAgent(app, app.one.keys.asking, callerModel, {}, { hitl_mode: 'disabled', tools: [tool] });
  const started = await app.call<WireExecution>(app.one.keys.asking, 'POST', `/v1/agents/${caller.id}/execute`, {
    input: 'Go',
  });
  await until(
    async () => (await app.call<WireExecution>(app.one.keys.asking, 'GET', `/v1/executions/${started.body.id}`)).body,
    ({ status }) => status === 'completed',
    20_000,
  );
  const page = await dashboard.open(`/executions/${started.body.id}`);
  await page.getByText('Started by hand or over the API').waitFor();
  const below = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'Executions that it started' }) });
  await look(page, 'execution-above');
  await below.getByRole('link').first().click();
  await page.getByText('Started by a call of the agent').waitFor();
  await look(page, 'execution-below');
  await page.getByText('Started by a call of the agent').getByRole('link').click();
  await page.getByText('Started by hand or over the API').waitFor();

  const conversation = await app.call<{ id: string }>(app.one.people.builder, 'POST', '/v1/conversations', {
    agent_id: helper.id,
  });
  expect(conversation.status, conversation.text).toBe(201);
  const said = await app.call<{ execution: WireExecution }>(
    app.one.people.builder,
    'POST',
    `/v1/conversations/${conversation.body.id}/messages`,
    { content: 'Which colour?' },
  );
  expect(said.status, said.text).toBe(201);
  const { body: runs } = await app.call<{ data: WireExecution[] }>(
    app.one.keys.asking,
    'GET',
    `/v1/executions?conversation_id=${conversation.body.id}`,
  );
  const talk = await dashboard.open(`/executions/${runs.data[0]?.id}`, { size: 'phone', theme: 'dark' });
  await talk.getByRole('link', { name: 'a conversation' }).waitFor();
  await look(talk, 'execution-of-a-conversation-phone');
});
