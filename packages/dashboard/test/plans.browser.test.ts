/** A plan as its reviewer meets it: its lines, an edit, and afterwards what departs from it. */
import type { WireApproval } from '@countersign/contract';
import { defineAgent, startModel, startTool, until } from '@countersign/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settle, violations } from './accessibility.ts';
import { type DashboardFixture, type Size, type Theme, readyToDecide, startDashboard } from './browser-fixture.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

const look = async (page: Awaited<ReturnType<DashboardFixture['open']>>, name: string): Promise<void> => {
  await settle(page);
  expect(await violations(page)).toEqual([]);
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
};
const ALL: readonly (readonly [Size, Theme])[] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
  ['desktop', 'dark'],
  ['phone', 'light'],
];
/** All of them only where somebody will look at them. */
const SIGHTS = ALL.slice(0, process.env['SCREENSHOTS'] === undefined ? 2 : 4);

let number = 0;

/** An agent that proposes a plan, then makes a call within it and one that departs. */
const startRun = async (): Promise<{ refund: string; executionId: string; held: () => Promise<WireApproval[]> }> => {
  number += 1;
  const refund = `refund_order_${number}_${Date.now()}`;
  const plan = {
    purpose: 'Pay back the three customers of the broken batch',
    lines: [
      {
        tool: refund,
        bounds: [
          { argument: 'amount', at_least: 1, at_most: 100 },
          { argument: 'customer', one_of: ['cus_ada', 'cus_bob', 'cus_cleo'] },
          { argument: 'note', anything: true },
        ],
        uses_max: 3,
      },
      {
        tool: refund,
        bounds: [
          { argument: 'amount', at_most: 5 },
          { argument: 'customer', like: 'cus_*' },
        ],
      },
    ],
  };
  const model = await startModel([
    { text: 'Three customers wait for their money.', calls: [{ tool: 'propose_plan', arguments: plan }] },
    {
      calls: [
        { tool: refund, arguments: { amount: 40, customer: 'cus_ada', note: 'broken lamp' } },
        { tool: refund, arguments: { amount: 150, customer: 'cus_bob' } },
      ],
    },
    { text: 'Done.' },
  ]);
  const tool = await startTool(() => 'refunded');
  const { app } = dashboard;
  const parameters = {
    type: 'object',
    properties: { amount: { type: 'number' }, customer: { type: 'string' }, note: { type: 'string' } },
    required: ['amount', 'customer'],
    additionalProperties: false,
  };
  const agent = await defineAgent(
    app,
    app.one.keys.asking,
    model,
    { [refund]: { parameters, http: { url: `${tool.url}/refund` } } },
    { hitl_config: { allow_plans: true } },
  );
  const started = await app.call<{ id: string }>(app.one.keys.asking, 'POST', `/v1/agents/${agent.id}/execute`, {
    input: 'Refund the customers of the broken batch',
  });
  const executionId = started.body.id;
  return {
    refund,
    executionId,
    held: async () => {
      const path = `/v1/approvals?status=pending&execution_id=${executionId}`;
      return (await app.call<{ data: WireApproval[] }>(app.one.keys.reading, 'GET', path)).body.data;
    },
  };
};
const oneHeld = async (held: () => Promise<WireApproval[]>, but?: string): Promise<WireApproval> => {
  const [approval] = await until(held, ([first]) => first !== undefined && first.id !== but, 30_000);
  if (!approval) throw new Error('nothing is held');
  return approval;
};

test(
  'a plan is read line by line, made stricter, approved; a call that departs from it says how',
  { timeout: 300_000 },
  async () => {
    const { refund, executionId, held } = await startRun();
    const plan = await oneHeld(held);
    for (const [size, theme] of SIGHTS) {
      const page = await dashboard.open(`/inbox/${plan.id}`, { size, theme });
      const lines = page.getByRole('list', { name: 'Lines of the plan' });
      await lines.getByText('cus_cleo').waitFor();
      expect(await lines.getByRole('listitem').filter({ hasText: refund }).count()).toBe(2);
      await page.getByText('Good for 1d 0h').waitFor();
      await look(page, `plan-${size}-${theme}`);
      await page.context().close();
    }

    const page = await dashboard.open(`/inbox/${plan.id}`);
    await readyToDecide(page, plan.title);
    await page.keyboard.press('e');
    await page.getByRole('textbox', { name: 'Line 1, calls at most' }).fill('2');
    await look(page, 'plan-editing');
    await page.getByRole('button', { name: 'Finish editing' }).click();
    await page.getByText('Underlined: as you would approve it.').waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    const departing = await oneHeld(held, plan.id);
    expect((await dashboard.approval(plan.id)).plan?.lines[0]).toMatchObject({ uses_max: 2, uses: 1 });

    for (const [size, theme] of SIGHTS) {
      const other = await dashboard.open(`/inbox/${departing.id}`, { size, theme });
      const section = other
        .locator('section')
        .filter({ has: other.getByRole('heading', { name: 'How it departs from the plan' }) });
      await section.getByText('from 1 to 100').waitFor();
      expect(await section.getByText('150').count()).toBe(2);
      await look(other, `departs-${size}-${theme}`);
      await other.context().close();
    }
    const run = await dashboard.open(`/executions/${executionId}`);
    await run.getByRole('link', { name: 'Line 1 of an approved plan' }).click();
    await run.getByText('1 of 2 used').waitFor();
    await run.getByText('In force until').waitFor();
    await look(run, 'plan-in-force');
    await dashboard.app.call(dashboard.app.one.keys.asking, 'POST', `/v1/executions/${executionId}/cancel`, {});
  },
);
