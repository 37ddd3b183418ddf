/** Work that is kept, versions, JSON, and executions on the graph. */
import type { WireExecution, WireStep, WireWorkflow } from '@countersign/contract';
import { startTool } from '@countersign/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, startDashboard } from './browser-fixture.ts';
import { node, noProblem, publish, settings, state } from './workflow-fixture.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

const publishOver = async (workflow: WireWorkflow, output: string): Promise<void> => {
  const answer = await dashboard.app.call(
    dashboard.app.one.keys.asking,
    'POST',
    `/v1/workflows/${workflow.id}/versions`,
    {
      definition: {
        nodes: [
          { id: 'start', type: 'start', on_success: 'done' },
          { id: 'done', type: 'end', output },
        ],
      },
      message: `Now ${output}`,
    },
  );
  expect(answer.status, answer.text).toBe(201);
};

const simple = (name: string): Promise<WireWorkflow> =>
  publish(dashboard, name, [
    { id: 'start', type: 'start', on_success: 'done' },
    { id: 'done', type: 'end', output: 'one' },
  ]);

test('unsaved work outlives a reload, and is not lost when somebody publishes in between', async () => {
  const workflow = await simple('Two at work');
  const page = await dashboard.open(`/workflows/${workflow.id}`);
  await node(page, 'done').click();
  await settings(page).getByLabel('Output').fill('mine');
  await state(page).getByText('draft, changed since v1').waitFor();
  await page.reload();
  await state(page).getByText('draft, changed since v1').waitFor();
  await node(page, 'done').click();
  expect(await settings(page).getByLabel('Output').inputValue()).toBe('mine');

  await publishOver(workflow, 'theirs');
  await page.getByText('published v2').waitFor();
  expect(await settings(page).getByLabel('Output').inputValue()).toBe('mine');
  await page.getByRole('button', { name: 'Keep mine, over theirs' }).click();
  await state(page).getByText('draft, changed since v2').waitFor();
  await page.getByRole('button', { name: 'Publish' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('del', { hasText: 'theirs' }).waitFor();
  await dialog.locator('ins', { hasText: 'mine' }).waitFor();
  await dialog.getByRole('button', { name: 'Publish it' }).click();
  await state(page).getByText('published, v3').waitFor();

  // The versions, and what differs between them.
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Versions' }).click();
  await page.getByRole('link', { name: 'v2' }).click();
  await page.getByRole('heading', { name: 'Changes since v1' }).waitFor();
  await page.locator('del', { hasText: 'one' }).waitFor();
  await page.locator('ins', { hasText: 'theirs' }).waitFor();
  await page.getByRole('button', { name: 'Make it the current one' }).click();
  await page.getByText('current', { exact: true }).waitFor();
});

test('the graph and its JSON follow each other', async () => {
  const workflow = await simple('Both ways');
  const page = await dashboard.open(`/workflows/${workflow.id}`);
  await page.getByRole('button', { name: 'JSON', exact: true }).click();
  const json = page.getByLabel('Definition as JSON');
  const text = await json.inputValue();
  await json.fill(
    text
      .replace('"on_success": "done"', '"on_success": "pause"')
      .replace('"nodes": [', '"nodes": [{"id":"pause","type":"delay","seconds":5,"on_success":"done"},'),
  );
  await node(page, 'pause').waitFor();
  await noProblem(page);
  await json.fill(`${await json.inputValue()}}`);
  await page
    .getByText(/is not valid JSON/)
    .first()
    .waitFor();
  await node(page, 'pause').waitFor();
  await node(page, 'pause').click();
  await page.keyboard.press('Delete');
  await expect.poll(() => json.inputValue()).not.toContain('pause');
});

test('a loop’s rounds can be looked at one by one, and what was tried again says so', async () => {
  const { app } = dashboard;
  let calls = 0;
  const shaky = await startTool(() => {
    calls += 1;
    return calls === 1 ? { status: 503, text: 'busy' } : `{"call":${calls}}`;
  });
  await app.call(app.one.keys.asking, 'POST', '/v1/tools', {
    name: 'shaky',
    description: 'Fails once.',
    parameters: { type: 'object', properties: { n: { type: 'number' } } },
    annotations: { read_only: true, idempotent: true },
    http: { url: shaky.url },
  });
  const workflow = await publish(dashboard, 'Rounds', [
    { id: 'start', type: 'start', on_success: 'each' },
    { id: 'each', type: 'loop', items: '[10, 20, 30]', body: 'call', on_success: 'done' },
    {
      id: 'call',
      type: 'tool',
      tool: 'shaky',
      arguments: { n: '{{ item }}' },
      retry: { count: 2, delay_seconds: 0 },
      on_success: 'each',
    },
    { id: 'done', type: 'end' },
  ]);
  const { body: execution } = await app.call<WireExecution>(
    app.one.keys.asking,
    'POST',
    `/v1/workflows/${workflow.id}/execute`,
    {},
  );
  const page = await dashboard.open(`/executions/${execution.id}`);
  await page.getByLabel('Round of each').selectOption({ label: '2: Completed' });
  await node(page, 'call').click();
  await page.locator('[data-step]').getByText('"n": 20').waitFor();
  await page.getByLabel('Round of each').selectOption({ label: '1: Completed' });
  await page.locator('[data-step]').getByText('"n": 10').waitFor();
  await node(page, 'call').getByText('attempt 2').waitFor();
  await node(page, 'each').getByText('3 of 3 rounds').waitFor();
  const { body: steps } = await app.call<{ data: WireStep[] }>(
    app.one.keys.reading,
    'GET',
    `/v1/executions/${execution.id}/steps`,
  );
  expect(steps.data.filter((step) => step.node?.id === 'call')).toHaveLength(3);
  await shaky.close();
});
