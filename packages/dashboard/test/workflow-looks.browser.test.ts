/** What axe says of the editor in all its states. */
import type { WireExecution, WireWorkflow } from '@countersign/contract';
import { type TestTool, startTool } from '@countersign/server/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settle, violations } from './accessibility.ts';
import { type DashboardFixture, sidewaysScroll, startDashboard } from './browser-fixture.ts';
import { REFUND_NODES, defineRefund, node, noProblem, publish } from './workflow-fixture.ts';

let dashboard: DashboardFixture;
let tool: TestTool;

beforeAll(async () => {
  [dashboard, tool] = await Promise.all([startDashboard(), startTool(() => '{"refunded":true}')]);
  await defineRefund(dashboard, tool);
});
afterAll(async () => {
  await dashboard.stop();
  await tool.close();
});

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

const LOOKS = [
  ['light', 'desktop'],
  ['dark', 'desktop'],
] as const;

test.each(LOOKS)('nothing for axe to find in %s on a %s', async (theme, size) => {
  const { app } = dashboard;
  const workflow = await publish(dashboard, `Refunds in ${theme} on a ${size}`, REFUND_NODES);
  await publishOver(workflow, 'less');
  await app.call(app.one.keys.asking, 'POST', `/v1/workflows/${workflow.id}/promote`, { version: 1 });
  const { body: run } = await app.call<WireExecution>(
    app.one.keys.asking,
    'POST',
    `/v1/workflows/${workflow.id}/execute`,
    { input: { order_id: `HL-${theme}-${size}`, amount: 189 } },
  );
  const look = async (path: string, act: (page: Page) => Promise<unknown> = async () => undefined): Promise<void> => {
    const page = await dashboard.open(path, { theme, size });
    await settle(page);
    await act(page);
    expect(await violations(page), path).toEqual([]);
    expect(await sidewaysScroll(page), path).toBeLessThanOrEqual(0);
  };
  const editor = `/workflows/${workflow.id}`;
  const view = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  await look('/workflows');
  await look('/workflows/new');
  await look(`/workflows/${workflow.id}/versions`);
  await look(`/workflows/${workflow.id}/v/2?compare=1`, (page) => page.locator('.react-flow__node').first().waitFor());
  await look(`/executions/${run.id}`, (page) =>
    page.locator('[data-step]').getByRole('link', { name: 'Open the request that waits' }).waitFor(),
  );
  await look(editor, async (page) => {
    await node(page, 'approval').click();
    await page.getByLabel('Title').waitFor();
    await noProblem(page);
  });
  await look(editor, async (page) => {
    await view(page, 'JSON');
    await page.getByLabel('Definition as JSON').waitFor();
  });
  await look(editor, async (page) => {
    await view(page, 'Outline');
    await page.getByRole('list', { name: 'Nodes' }).waitFor();
  });
  await look(editor, async (page) => {
    await node(page, 'refund').click();
    await page.keyboard.press('Delete');
    await page.getByText('1 problem').first().waitFor();
  });
  await look(editor, async (page) => {
    await view(page, 'Run');
    await page.getByRole('dialog').waitFor();
  });
});
