/** Several people and one request: votes, edits, claims, identical requests, policies, figures and grants. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { WireApproval } from '@countersign/contract';
import { type TestPerson, until } from '@countersign/server/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, readyToDecide, sidewaysScroll, startDashboard } from './browser-fixture.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let dashboard: DashboardFixture;
let olga: TestPerson;
beforeAll(async () => {
  dashboard = await startDashboard();
  olga = await dashboard.person('Olga Officer', ['approver']);
  const page = await dashboard.app.call<{ id: string }>(dashboard.reviewer, 'POST', '/v1/groups', {
    name: 'finance',
    members: [dashboard.reviewer.id, olga.id],
  });
  if (page.status !== 201) throw new Error(page.text);
  const policy = await dashboard.app.call(dashboard.reviewer, 'POST', '/v1/policies', {
    name: 'Four eyes',
    source:
      'rules:\n  - name: large\n    tools: [pay]\n    outcome: hold\n    hold: { stages: [{ approvers: "2 of finance" }], timeout_seconds: 3600 }\n',
  });
  if (policy.status !== 201) throw new Error(policy.text);
});
afterAll(() => dashboard.stop());

const hold = async (
  tool: string,
  args: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>> = {},
): Promise<WireApproval> => {
  const answer = await dashboard.app.call<{ approval: WireApproval | null }>(
    dashboard.app.one.keys.asking,
    'POST',
    '/v1/gate',
    { tool, arguments: args, ...over },
  );
  if (answer.body.approval === null || answer.status >= 300) throw new Error(answer.text);
  return answer.body.approval;
};

const faultsOf = async (page: Page): Promise<unknown> => {
  await page.evaluate(AXE);
  return page.evaluate(
    'axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))',
  );
};

test('two people approve, and each sees what is still missing', async () => {
  const asked = await hold('pay', { to: 'Ana', amount: 5000 }, { title: 'Pay Ana 5,000' });
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Pay Ana 5,000');
  await page.getByText('still needs 2 of finance', { exact: true }).waitFor();
  await page.getByText('Can still bring it forward:').waitFor();
  await page.keyboard.press('a');
  await page.getByText('still needs 1 of finance', { exact: true }).waitFor();
  await page.getByText('You have voted on this already.').first().waitFor();
  expect((await dashboard.approval(asked.id)).status).toBe('pending');
  const other = await dashboard.open(`/inbox/${asked.id}`, { as: olga });
  await readyToDecide(other, 'Pay Ana 5,000');
  await other.getByText('counts', { exact: true }).waitFor();
  await other.keyboard.press('a');
  await until(
    () => dashboard.approval(asked.id),
    ({ status }) => status === 'approved',
  );
});

test('an edit sets aside the votes before it, and says so', async () => {
  const asked = await hold('pay', { to: 'Bo', amount: 900 }, { title: 'Pay Bo 900' });
  const first = await dashboard.open(`/inbox/${asked.id}`, { as: olga });
  await readyToDecide(first, 'Pay Bo 900');
  await first.keyboard.press('a');
  await first.getByText('still needs 1 of finance', { exact: true }).waitFor();
  const second = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(second, 'Pay Bo 900');
  await second.keyboard.press('e');
  await second.getByLabel('amount', { exact: true }).fill('400');
  await second.keyboard.press('Control+Enter');
  await second.getByRole('button', { name: 'Approve with edits' }).click();
  await second.getByText('was on edited content').waitFor();
  const now = await dashboard.approval(asked.id);
  expect([now.status, now.arguments?.['amount'], now.votes.filter((vote) => vote.counts).length]).toEqual([
    'pending',
    400,
    1,
  ]);
});

test('while somebody has claimed it, others wait, until they take it over', async () => {
  const asked = await hold('pay', { to: 'Cleo', amount: 70 }, { title: 'Pay Cleo 70' });
  const mine = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(mine, 'Pay Cleo 70');
  await mine.keyboard.press('l');
  await mine.getByText('You are looking at this').waitFor();
  const theirs = await dashboard.open(`/inbox/${asked.id}`, { as: olga });
  await readyToDecide(theirs, 'Pay Cleo 70');
  await theirs.getByText(`${dashboard.reviewer.name} is looking at it.`).first().waitFor();
  expect(await theirs.getByRole('button', { name: /^Approve/ }).getAttribute('aria-disabled')).toBe('true');
  await theirs.keyboard.press('a');
  expect((await dashboard.approval(asked.id)).votes).toEqual([]);
  await theirs.getByRole('button', { name: 'Take over' }).click();
  await theirs.getByText('You are looking at this').waitFor();
});

test('identical requests are decided in one go, without the ones left out', async () => {
  const asked: WireApproval[] = [];
  for (const to of ['ana', 'bo', 'cleo'])
    asked.push(await hold('mail.send', { to, template: 'confirmation' }, { title: `Send the confirmation to ${to}` }));
  const page = await dashboard.open('/alike');
  await page.getByRole('button', { name: /mail\.send/ }).click();
  await page.getByRole('heading', { level: 1, name: /mail\.send, 3 times/ }).waitFor();
  await page.getByLabel('Decide Send the confirmation to bo').uncheck();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole('button', { name: 'Approve 2' }).click();
  await page.getByRole('list', { name: 'Outcome of each request' }).waitFor();
  await page.getByRole('button', { name: 'Take all back' }).waitFor();
  const states = () => Promise.all(asked.map(async ({ id }) => (await dashboard.approval(id)).status));
  await expect.poll(states).toEqual(['approved', 'pending', 'approved']);
});

test('rows chosen with X are rejected together, each with its own outcome', async () => {
  const asked = [];
  for (const name of ['one', 'two']) asked.push(await hold('note.write', { name }, { title: `Write note ${name}` }));
  const page = await dashboard.open(`/inbox/${asked[0]?.id}?lane=all`);
  await readyToDecide(page, 'Write note one');
  await page.keyboard.press('x');
  await page.locator('[role=row]', { hasText: 'Write note two' }).hover();
  await page.getByLabel('Select Write note two').check();
  await page.getByRole('button', { name: 'Reject 2' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason, to reject').fill('Not now');
  await dialog.getByRole('button', { name: 'Reject 2' }).click();
  await dialog.getByRole('list', { name: 'Outcome of each request' }).waitFor();
  for (const { id } of asked)
    await expect
      .poll(async () => (await dashboard.approval(id)).decision)
      .toMatchObject({ outcome: 'rejected', reason: 'Not now' });
});

test('a mistake in a policy is shown at its line as it is typed, and keeps it from being saved', async () => {
  const page = await dashboard.open('/policies');
  await page.getByRole('link', { name: 'Four eyes' }).click();
  const editor = page.getByRole('textbox', { name: 'Rules' });
  const good = await editor.inputValue();
  await editor.fill(good.replace('2 of finance', '2 of'));
  await page
    .getByRole('button', { name: /line \d+, column/ })
    .first()
    .waitFor();
  expect(await page.getByRole('button', { name: 'Save as a new version' }).getAttribute('aria-disabled')).toBe('true');
  await editor.fill(good.replace('name: large', 'name: every payment'));
  await page.getByText('No problem found').waitFor();
  await page.getByLabel('Tool').fill('pay');
  await page.getByRole('button', { name: 'Try this call' }).click();
  await page.getByText('Is held for approval').waitFor();
  await page.getByRole('button', { name: 'Try on history' }).click();
  await page
    .getByText(/would have run/)
    .first()
    .waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByLabel('What changed, and why').fill('A clearer name');
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  await page.getByRole('button', { name: 'Let v1 hold' }).waitFor();
  await page.getByRole('button', { name: 'Compare v1' }).click();
  await page.locator('ins', { hasText: 'name: large' }).waitFor();
});

test('approval health says in sentences and tables what its charts show', async () => {
  for (const size of ['desktop', 'narrow'] as const) {
    const page = await dashboard.open('/health', { size, theme: size === 'desktop' ? 'dark' : 'light' });
    await page.getByRole('img', { name: /^Outcomes per day over 30 days: \d+ approved/ }).waitFor();
    await page.getByRole('button', { name: 'Table of Outcomes per day' }).click();
    await page.getByRole('region', { name: 'Outcomes per day, as a table' }).waitFor();
    await page.getByRole('link', { name: 'By approver' }).click();
    await page.getByRole('rowheader', { name: dashboard.reviewer.name }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
  }
});

test('a grant starts as narrow as the call it comes from, lets a like call through, and ends in one tap', async () => {
  await dashboard.app.call(dashboard.app.one.keys.asking, 'POST', '/v1/tools', {
    name: 'label.add',
    http: { url: 'https://example.com/x' },
    annotations: { destructive: false, open_world: false },
  });
  const asked = await hold('label.add', { label: 'late', order: 'A-1' }, { title: 'Label order A-1' });
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Label order A-1');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Give a grant for calls like this…' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByLabel('Bound on order').inputValue()).toBe('equals');
  await dialog.getByLabel('Bound on order').selectOption('like');
  await dialog.getByLabel('Pattern for order').fill('A-*');
  await dialog.getByLabel('Uses at most').fill('2');
  await dialog.getByRole('button', { name: 'Give the grant' }).click();
  await dialog.waitFor({ state: 'detached' });
  const gate = async (order: string): Promise<string> =>
    (
      await dashboard.app.call<{ outcome: string }>(dashboard.app.one.keys.asking, 'POST', '/v1/gate', {
        tool: 'label.add',
        arguments: { label: 'late', order },
      })
    ).body.outcome;
  expect([await gate('A-2'), await gate('B-1')]).toEqual(['proceed', 'hold']);
  await page.goto(`${dashboard.url}/grants`);
  await page.getByText('1 of 2 uses').waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole('button', { name: 'Revoke the grant for label.add' }).click();
  await page.getByText('revoked', { exact: true }).waitFor();
  expect(await gate('A-3')).toBe('hold');
});

test('a question is answered through its form, and never with an answer that nobody chose', async () => {
  const asked = await dashboard.ask({
    title: 'Which warehouse ships it?',
    timeout_seconds: 600,
    question: {
      type: 'object',
      properties: { warehouse: { type: 'string', enum: ['Lyon', 'Turin'] } },
      required: ['warehouse'],
    },
  });
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Which warehouse ships it?');
  await page.keyboard.press('a');
  await page.getByText('Fill in your answer first').first().waitFor();
  await page.getByRole('button', { name: 'Add warehouse' }).click();
  await page.getByLabel('warehouse', { exact: true }).selectOption('Turin');
  await page.getByRole('button', { name: 'Answer' }).click();
  const { decision } = await until(
    () => dashboard.approval(asked.id),
    ({ status }) => status === 'approved',
  );
  expect(decision?.response).toEqual({ warehouse: 'Turin' });
});
