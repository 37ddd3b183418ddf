/** Building, breaking, mending, publishing and running a workflow, by mouse and by keyboard alone. */
import { type TestTool, startTool } from '@countersign/server/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, readyToDecide, startDashboard } from './browser-fixture.ts';
import { REFUND_NODES, defineRefund, node, noProblem, publish, settings, state } from './workflow-fixture.ts';

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

const newWorkflow = async (name: string): Promise<Page> => {
  const page = await dashboard.open('/workflows/new', { expectedErrors: /409/ });
  await page.getByLabel(/^Name/).fill(name);
  await page.getByRole('button', { name: 'Create it' }).click();
  await node(page, 'start').waitFor();
  return page;
};

const centre = async (page: Page, selector: string): Promise<{ x: number; y: number }> => {
  const box = await page.locator(selector).first().boundingBox();
  if (box === null) throw new Error(`${selector} is not on the page`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
};

/** From an outlet of one node to another node, with the mouse. */
const drawLine = async (page: Page, from: string, outlet: string, to: string): Promise<void> => {
  const start = await centre(page, `.react-flow__node[data-id="${from}"] [data-outlet="${outlet}"]`);
  const end = await centre(page, `.react-flow__node[data-id="${to}"] .flow-inlet`);
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 6 });
  await page.mouse.move(end.x, end.y, { steps: 6 });
  await page.mouse.up();
};

/** Takes a type from the palette and drops it on the canvas, as far from its middle as said. */
const dropNode = async (page: Page, type: string, x: number, y: number): Promise<void> => {
  const pane = page.locator('.react-flow__pane');
  const box = await pane.boundingBox();
  if (box === null) throw new Error('no canvas');
  await page
    .locator(`[data-palette] [data-type="${type}"]`)
    .dragTo(pane, { targetPosition: { x: box.width / 2 + x, y: box.height / 2 + y } });
};

const decide = async (executionId: string, title: string): Promise<void> => {
  const { app } = dashboard;
  const { body } = await app.call<{ data: { id: string }[] }>(
    app.one.keys.reading,
    'GET',
    `/v1/executions/${executionId}/pending-approval`,
  );
  // Who runs it may not approve what it asks for.
  const other = await dashboard.person(`Olga ${executionId.slice(-4)}`, ['approver']);
  const page = await dashboard.open(`/inbox/${body.data[0]?.id}`, { as: other });
  await readyToDecide(page, title);
  // Long enough for what is not approved by a reflex.
  await page.getByRole('button', { name: /^Approve/ }).click({ delay: 1000 });
  await page
    .getByText(/Approved/)
    .first()
    .waitFor();
};

const executionOf = (page: Page): string => new URL(page.url()).pathname.split('/').at(-1) ?? '';

const seeItFinish = async (page: Page, before: number): Promise<void> => {
  await expect.poll(() => page.getByText('Completed').filter({ visible: true }).count()).toBeGreaterThan(4);
  await page.locator('[data-step]').getByText('Choose a node').or(page.locator('[data-step] h2')).first().waitFor();
  await node(page, 'refund').click();
  await page.locator('[data-step]').getByText('"refunded": true').waitFor();
  await page.locator('[data-step]').getByText('"order_id": "HL-1"').waitFor();
  expect(await node(page, 'refused').textContent()).toContain('Did not run');
  expect(await page.locator('.react-flow__edge.flow-taken').count()).toBe(3);
  expect(tool.ledger.slice(before).map((call) => call.arguments)).toEqual([{ order_id: 'HL-1', amount: 189 }]);
};

test(
  'a refund workflow is built by mouse, broken, mended by undo, published, run, approved, and seen to finish',
  { timeout: 180_000 },
  async () => {
    const page = await newWorkflow('Refunds by mouse');
    const before = tool.ledger.length;
    for (const [field, type] of [
      ['order_id', 'string'],
      ['amount', 'number'],
    ] as const) {
      await page.getByLabel('Field to add to Input').fill(field);
      await page.getByRole('button', { name: 'Add to Input' }).click();
      await page.getByLabel(`Type of ${field}`).selectOption(type);
    }
    await dropNode(page, 'approval', -220, -60);
    await settings(page)
      .getByLabel(/^Title/)
      .fill('Refund {{ input.amount }} EUR for {{ input.order_id }}');
    await settings(page).getByLabel('When', { exact: true }).fill('input.amount > 50');
    await settings(page).getByLabel('Risk').selectOption('reversible');
    await dropNode(page, 'tool', -220, 130);
    await settings(page).getByLabel('Identifier').fill('refund');
    await settings(page).getByLabel('Identifier').press('Enter');
    await settings(page).getByLabel(/^Tool/).selectOption('issue_refund');
    await settings(page)
      .getByLabel(/^order_id/)
      .fill('{{ input.order_id }}');
    await settings(page)
      .getByLabel(/^amount/)
      .fill('{{ input.amount }}');
    await dropNode(page, 'end', 220, 130);
    await settings(page).getByLabel('Identifier').fill('refused');
    await settings(page).getByLabel('Identifier').press('Enter');
    await node(page, 'refused').waitFor();

    // A line that may not be is not drawn, and the editor says why.
    await drawLine(page, 'refund', '/on_success', 'refund');
    await drawLine(page, 'start', '/on_success', 'approval');
    await drawLine(page, 'approval', '/on_success', 'refund');
    await drawLine(page, 'approval', '/on_fail', 'refused');
    await page.getByText('says nothing of what follows').first().waitFor();
    await drawLine(page, 'refund', '/on_success', 'done');
    await noProblem(page);
    expect(await page.locator('.react-flow__edge').count()).toBe(4);

    // Broken: the problem stands at the node and in the list, which leads there.
    await node(page, 'approval').click();
    await settings(page).getByLabel('When', { exact: true }).fill('input.amonut > 50');
    await node(page, 'approval').getByText('1 problem').waitFor();
    await page.getByText('.amonut is not a member').first().waitFor();
    await node(page, 'done').click();
    await page
      .getByRole('region', { name: 'Problems' })
      .getByRole('button', { name: /approval/ })
      .click();
    await expect.poll(() => page.evaluate('document.activeElement?.value')).toBe('input.amonut > 50');
    expect(await page.getByRole('button', { name: 'Publish' }).getAttribute('aria-disabled')).toBe('true');
    await page.keyboard.press('Control+z');
    await noProblem(page);
    expect(await settings(page).getByLabel('When', { exact: true }).inputValue()).toBe('input.amount > 50');

    // Deleted, and back again with its lines.
    await node(page, 'approval').click();
    await page.keyboard.press('Delete');
    await node(page, 'approval').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+z');
    await node(page, 'approval').waitFor();
    expect(await page.locator('.react-flow__edge').count()).toBe(4);
    await page.keyboard.press('Control+Shift+z');
    await node(page, 'approval').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+z');
    await noProblem(page);

    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByLabel('What changed, and why').fill('The first');
    await page.getByRole('button', { name: 'Publish it' }).click();
    await state(page).getByText('published, v1').waitFor();

    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^order_id/).fill('HL-1');
    await dialog.getByLabel(/^amount/).fill('189');
    await dialog.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText('Waits for 1 decision').waitFor();
    await page.locator('[data-step]').getByRole('link', { name: 'Open the request that waits' }).waitFor();
    expect(await node(page, 'approval').textContent()).toContain('Awaiting approval');
    await decide(executionOf(page), 'Refund 189 EUR for HL-1');
    // By the stream: nobody reloads.
    await seeItFinish(page, before);
  },
);

/** Presses Tab until the field with this label has the focus. */
const tabTo = async (page: Page, label: string): Promise<void> => {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const here = await page.evaluate(
      `(() => { const at = document.activeElement; return at?.getAttribute('aria-label') ?? at?.labels?.[0]?.textContent ?? at?.textContent ?? ''; })()`,
    );
    if (String(here).replace(' · needed', '').trim() === label) return;
  }
  throw new Error(`Tab does not come to ${label}`);
};

const focused = (page: Page): Promise<string | null> =>
  page.evaluate("document.activeElement?.closest('.react-flow__node')?.dataset.id ?? null");

test('the same is built with the keyboard alone', { timeout: 180_000 }, async () => {
  const page = await newWorkflow('Refunds by keyboard');
  const before = tool.ledger.length;
  const { keyboard } = page;
  await tabTo(page, 'Field to add to Input');
  await keyboard.type('order_id');
  await keyboard.press('Enter');
  await keyboard.type('amount');
  await keyboard.press('Enter');
  for (let presses = 0; presses < 20; presses += 1) {
    if ((await page.evaluate('document.activeElement.getAttribute("aria-label")')) === 'Type of amount') break;
    await keyboard.press('Shift+Tab');
  }
  await keyboard.type('num');

  // From node to node with Tab and the arrows.
  for (let presses = 0; presses < 80 && (await focused(page)) !== 'start'; presses += 1)
    await keyboard.press('Shift+Tab');
  await keyboard.press('ArrowDown');
  expect(await focused(page)).toBe('done');
  await keyboard.press('ArrowUp');
  expect(await focused(page)).toBe('start');

  // A: the palette, where a letter leads to a type; Enter puts it after the chosen node.
  await keyboard.press('a');
  await keyboard.press('Home');
  await keyboard.press('a');
  await keyboard.press('Enter');
  await expect.poll(() => focused(page)).toBe('approval');
  await keyboard.press('Enter');
  await tabTo(page, 'Title');
  await keyboard.type('Refund {{ input.am');
  await page.getByRole('option', { name: /amount/ }).waitFor();
  await keyboard.press('Enter');
  await keyboard.type(' }} EUR for {{ input.order_id }}');
  await tabTo(page, 'When');
  await keyboard.type('input.amount > 50');
  await tabTo(page, 'Risk');
  await keyboard.type('reversible');
  await keyboard.press('Escape');
  await expect.poll(() => focused(page)).toBe('approval');

  await keyboard.press('a');
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await expect.poll(() => focused(page)).toBe('tool');
  await keyboard.press('Enter');
  await tabTo(page, 'Identifier');
  await keyboard.press('Control+a');
  await keyboard.type('refund');
  await keyboard.press('Enter');
  await node(page, 'refund').waitFor();
  await tabTo(page, 'Tool');
  await keyboard.type('issue');
  await tabTo(page, 'order_id');
  await keyboard.type('{{ input.order_id }}');
  await tabTo(page, 'amount');
  await keyboard.type('{{ input.amount }}');
  await keyboard.press('Escape');

  await keyboard.press('a');
  await keyboard.press('End');
  await keyboard.press('Enter');
  await expect.poll(() => focused(page)).toBe('done_2');
  await keyboard.press('Enter');
  await tabTo(page, 'Identifier');
  await keyboard.press('Control+a');
  await keyboard.type('refused');
  await keyboard.press('Enter');
  await keyboard.press('Escape');
  await node(page, 'refused').getByText('1 problem').waitFor();

  // C: where the chosen node leads, as choices.
  for (let presses = 0; presses < 20 && (await focused(page)) !== 'approval'; presses += 1)
    await keyboard.press('Shift+Tab');
  await keyboard.press(' ');
  await keyboard.press('Escape');
  await keyboard.press('c');
  await tabTo(page, 'Rejected');
  await keyboard.type('refused');
  await noProblem(page);

  await keyboard.press('Control+Enter');
  await page.getByRole('dialog').waitFor();
  await tabTo(page, 'Publish it');
  await keyboard.press('Enter');
  await state(page).getByText('published, v1').waitFor();
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  await page.evaluate('document.activeElement?.blur()');
  await keyboard.press('r');
  await page.getByRole('dialog').waitFor();
  await tabTo(page, 'order_id');
  await keyboard.type('HL-1');
  await tabTo(page, 'amount');
  await keyboard.press('Control+a');
  await keyboard.type('189');
  await tabTo(page, 'Run');
  await keyboard.press('Enter');
  await page.getByText('Waits for 1 decision').waitFor();
  await decide(executionOf(page), 'Refund 189 EUR for HL-1');
  await seeItFinish(page, before);
});

test('nodes are chosen, copied and pasted with their lines, here and in another workflow, and found, by keys alone', async () => {
  const made = await publish(dashboard, `To be copied ${Date.now()}`, REFUND_NODES);
  const page = await dashboard.open(`/workflows/${made.id}`);
  await node(page, 'approval').waitFor();
  const { keyboard } = page;
  await page.getByRole('heading', { level: 1 }).click();
  await keyboard.press('/');
  await page.getByRole('combobox', { name: 'Find a node' }).waitFor();
  await keyboard.type('tool refu');
  await keyboard.press('Enter');
  await expect.poll(() => focused(page)).toBe('refund');
  await keyboard.press('ArrowUp');
  await expect.poll(() => focused(page)).toBe('approval');
  // With Tab the focus goes on without choosing.
  for (let presses = 0; presses < 8 && (await focused(page)) !== 'refund'; presses += 1) await keyboard.press('Tab');
  await keyboard.press('x');
  await page.getByText('2 nodes are chosen').waitFor();
  await keyboard.press('Control+c');
  await keyboard.press('Control+v');
  await node(page, 'refund_2').waitFor();
  expect(await page.locator('.react-flow__edge').count()).toBe(5);
  await expect.poll(() => focused(page)).toBe('approval_2');
  await keyboard.press('Control+z');
  await node(page, 'refund_2').waitFor({ state: 'detached' });
  await keyboard.press('Control+a');
  await page.getByText(`${REFUND_NODES.length} nodes are chosen`).waitFor();
  await keyboard.press('Control+c');

  await page.goto(`${dashboard.url}/workflows/new`);
  await page.getByLabel(/^Name/).fill(`Copied ${Date.now()}`);
  await page.getByRole('button', { name: 'Create it' }).click();
  await node(page, 'start').waitFor();
  await page.getByRole('heading', { level: 1 }).click();
  await keyboard.press('Control+v');
  await node(page, 'refund').waitFor();
  // The end that is there has the name of the one that comes; a second start does not come.
  await node(page, 'done_2').waitFor();
  expect(await page.locator('.react-flow__node').count()).toBe(2 + REFUND_NODES.length - 1);
  // In a field the same keys mean its text.
  await node(page, 'done').click();
  await settings(page).getByLabel('Name').fill('Over');
  await settings(page).getByLabel('Name').press('Control+a');
  await keyboard.press('Control+c');
  await keyboard.press('End');
  await keyboard.press('Control+v');
  expect(await settings(page).getByLabel('Name').inputValue()).toBe('OverOver');
});
