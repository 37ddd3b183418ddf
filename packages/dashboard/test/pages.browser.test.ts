import { gzipSync } from 'node:zlib';
import type { WireAgent, WireExecution } from '@countersign/contract';
import { type TestModel, type TestTool, defineAgent, startModel, startTool, until } from '@countersign/server/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settle, violations } from './accessibility.ts';
import { type DashboardFixture, LOOKS, sidewaysScroll, startDashboard } from './browser-fixture.ts';
import { refund } from './requests.ts';

let dashboard: DashboardFixture;
let model: TestModel;
let tool: TestTool;
const paths: Record<string, string> = {};

beforeAll(async () => {
  dashboard = await startDashboard();
  const { app } = dashboard;
  const { asking, deciding } = app.one.keys;
  model = await startModel([{ calls: [{ tool: 'pay', arguments: { amount: 5, order: 'HL-1' } }] }, { text: 'Done.' }]);
  tool = await startTool();
  const agent = await defineAgent(
    app,
    asking,
    model,
    { pay: { http: { url: tool.url }, description: 'Pays.' } },
    { hitl_config: { timeout_minutes: 60 } },
  );
  const { body: known } = await app.call<WireAgent>(asking, 'GET', `/v1/agents/${agent.id}`);
  await app.call(asking, 'POST', `/v1/agents/${agent.id}/versions`, {
    config: { ...known.current_version?.config, hitl_mode: 'blocking' },
    message: 'Ask before everything',
  });
  const { body: execution } = await app.call<WireExecution>(asking, 'POST', `/v1/agents/${agent.id}/execute`, {
    input: 'Pay it.',
  });
  await until(
    async () => (await app.call<WireExecution>(asking, 'GET', `/v1/executions/${execution.id}`)).body.status,
    (status) => status === 'awaiting_approval',
  );
  const open = await dashboard.ask(
    refund('Ana', {
      title: 'Refund to Ana of раypal\u200B',
      priority: 'critical',
      explanation: 'It is **right**.',
      input: 'Please refund.',
      impact: { if_approved: 'Money moves.' },
      evidence: [{ label: 'Order', content: 'HL-1', source: 'shop' }],
      metadata: { ticket: 7 },
    }),
  );
  const output = await dashboard.ask({
    title: 'Send the answer',
    output: { subject: 'Hello', body: 'Text' },
    priority: 'low',
  });
  const closed = await dashboard.ask(refund('Bo'));
  await app.call(deciding, 'POST', `/v1/approvals/${closed.id}/decide`, {
    decision: 'approved',
    digest: closed.digest,
    arguments: { ...closed.arguments, amount: 12 },
  });
  const invitation = await app.call<{ url: string }>(dashboard.reviewer, 'POST', '/v1/invitations', {
    email: 'gwen@pages.example',
    roles: ['approver'],
  });
  const join = new URL(invitation.body.url);
  const hook = { kind: 'webhook', name: 'Finance', settings: { url: `${tool.url}/hook` } };
  const channel = await app.call<{ id: string }>(dashboard.reviewer, 'POST', '/v1/channels', hook);
  await app.call(dashboard.reviewer, 'POST', `/v1/channels/${channel.body.id}/test`);
  Object.assign(paths, {
    'the inbox': '/inbox',
    'a request': `/inbox/${open.id}`,
    'an output': `/inbox/${output.id}`,
    'the run of a request': `/inbox/${(await app.call<{ data: { id: string }[] }>(asking, 'GET', `/v1/executions/${execution.id}/pending-approval`)).body.data[0]?.id}?tab=run`,
    'the JSON of a request': `/inbox/${open.id}?tab=json`,
    'a filtered inbox': '/inbox?q=nothing-like-it',
    'the history': '/history',
    'a decision': `/history/${closed.id}`,
    'the executions': '/executions',
    'an execution': `/executions/${execution.id}`,
    'the agents': '/agents',
    'an agent': `/agents/${agent.id}`,
    'a new agent': '/agents/new',
    'a version': `/agents/${agent.id}/v/2`,
    'a comparison': `/agents/${agent.id}/v/2?compare=1`,
    'a new version': `/agents/${agent.id}/edit`,
    'the tools': '/settings/tools',
    'the audit log': '/audit',
    'an audit entry': `/audit/${(await app.call<{ data: { id: string }[] }>(dashboard.reviewer, 'GET', `/v1/audit?subject=${closed.id}`)).body.data[0]?.id}`,
    'the keys': '/settings/keys',
    'the figures': '/health',
    'the figures of one tool': '/health?tool=refunds.create&days=90&by=day',
    'the people': '/settings/people',
    'the invitations': '/settings/people?part=invitations',
    'the settings': '/settings/people?part=rules',
    'the channels': '/channels',
    'a channel': `/channels/${channel.body.id}`,
    'the account': '/account',
    'the sign-in': '/sign-in',
    'the invitation': join.pathname + join.hash,
  });
});
afterAll(async () => {
  await dashboard.stop();
  await model.close();
  await tool.close();
});

const PAGES = [
  'the inbox',
  'a request',
  'an output',
  'the run of a request',
  'the JSON of a request',
  'a filtered inbox',
  'the history',
  'a decision',
  'the executions',
  'an execution',
  'the agents',
  'an agent',
  'a new agent',
  'a version',
  'a comparison',
  'a new version',
  'the tools',
  'the audit log',
  'an audit entry',
  'the keys',
  'the figures',
  'the figures of one tool',
  'the people',
  'the invitations',
  'the settings',
  'the channels',
  'a channel',
  'the account',
  'the sign-in',
  'the invitation',
];

/** What one sees who is not signed in. */
const OUTSIDE = ['the sign-in', 'the invitation'];

/** Steps that open what a page hides at first. */
const STATES: Readonly<Record<string, { readonly page: string; readonly act: (page: Page) => Promise<unknown> }>> = {
  'a rejection': { page: 'a request', act: (page) => page.getByRole('button', { name: 'Reject' }).click() },
  'an edit': { page: 'a request', act: (page) => page.getByRole('button', { name: 'Edit' }).click() },
  'a snooze': {
    page: 'a request',
    act: async (page) => {
      await page.getByRole('button', { name: 'More' }).first().click();
      await page.getByRole('menuitem', { name: 'Snooze for me…' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  'a batch': {
    page: 'the inbox',
    act: async (page) => {
      await page.getByRole('button', { name: 'Choose several' }).click();
      await page
        .getByRole('checkbox', { name: /^Select / })
        .first()
        .check();
      await page.getByRole('button', { name: 'Reject 1' }).click();
      await page.getByRole('dialog').getByRole('listitem').first().waitFor();
    },
  },
  'the palette': { page: 'the history', act: (page) => page.keyboard.press('Control+k') },
  'the shortcuts': { page: 'a request', act: (page) => page.keyboard.press('?') },
  'a new channel': { page: 'the channels', act: (page) => page.getByRole('button', { name: 'New channel' }).click() },
  'a new key': { page: 'the keys', act: (page) => page.getByRole('button', { name: 'New key' }).click() },
  'a cancellation': { page: 'an execution', act: (page) => page.getByRole('button', { name: 'Cancel' }).click() },
  'the menu': { page: 'the history', act: (page) => page.getByRole('button', { name: /account of|More/ }).click() },
};

describe.each(LOOKS)('in %s on a %s', (theme, size) => {
  test.each(PAGES)('%s has no accessibility violation and does not scroll sideways', async (name) => {
    const page = await dashboard.open(paths[name] ?? '', {
      theme,
      size,
      ...(OUTSIDE.includes(name) ? { as: null } : {}),
    });
    await settle(page);
    expect(await violations(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
  });
  test.each(
    Object.keys(STATES).filter((state) => size === 'desktop' || !['the palette', 'the shortcuts'].includes(state)),
  )('%s has no accessibility violation', async (name) => {
    const state = STATES[name];
    if (state === undefined) throw new Error(name);
    const page = await dashboard.open(paths[state.page] ?? '', { theme, size });
    await settle(page);
    if (state.page === 'a request') await page.locator('[data-ready]').waitFor();
    await state.act(page);
    await page.locator('[role=dialog], [role=menu], form, [aria-label="amount"]').first().waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

test.each(PAGES)('%s does not scroll sideways at 320 pixels', async (name) => {
  const page = await dashboard.open(paths[name] ?? '', {
    size: 'narrow',
    ...(OUTSIDE.includes(name) ? { as: null } : {}),
  });
  await settle(page);
  expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
});

test('what somebody may not use is absent', async () => {
  const page = await dashboard.open('/inbox', { as: dashboard.app.one.people.viewer });
  await settle(page);
  const main = page.getByRole('navigation', { name: 'Main' });
  expect(await main.getByRole('link', { name: 'API keys' }).count()).toBe(0);
  expect(await main.getByRole('link', { name: 'Agents' }).count()).toBe(1);
  expect(await page.getByRole('link', { name: /Needs you/ }).count()).toBe(0);
});

test('a hint shows under the pointer and at the focus, can be hovered, and goes with Escape', async () => {
  const page = await dashboard.open('/history');
  await settle(page);
  const button = page.getByRole('button', { name: 'Keyboard shortcuts' });
  const hint = page.getByRole('tooltip');
  await button.hover();
  await hint.waitFor();
  await hint.hover();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await hint.waitFor({ state: 'detached' });
  await page.getByRole('heading', { level: 1 }).hover();
  await button.focus();
  // The focus came by key: only then a hint belongs to it.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Shift+Tab');
  await hint.waitFor();
  expect(await hint.evaluate((element) => element.matches(':popover-open'))).toBe(true);
});

/** Of all scripts that a page has fetched so far, in kB as gzip sends them. */
const scriptsOf = async (page: Page): Promise<number> => {
  const addresses: string[] = await page.evaluate(
    "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => new URL(name).pathname.endsWith('.js'))",
  );
  let bytes = 0;
  for (const address of new Set(addresses)) bytes += gzipSync(await (await fetch(address)).text(), { level: 9 }).length;
  return bytes / 1000;
};

test('the sign-in fetches no more than 210 kB of scripts', async () => {
  const page = await dashboard.open('/sign-in', { as: null });
  await settle(page);
  expect(await scriptsOf(page)).toBeLessThan(210);
});

test('a request in the inbox, shown in full, has fetched no more than 210 kB of scripts', async () => {
  const page = await dashboard.open(paths['a request'] ?? '', {
    // What opens by a key is fetched a second later, while nothing else goes on: that is no part of the first view.
    prepare: (opened) =>
      opened.addInitScript(
        'const real = setTimeout; window.setTimeout = (run, ms, ...rest) => (ms === 1000 ? 0 : real(run, ms, ...rest));',
      ),
  });
  await page.getByRole('heading', { name: 'What happened so far' }).waitFor();
  await page.locator('[data-ready]').waitFor();
  await settle(page);
  expect(await scriptsOf(page)).toBeLessThan(210);
});
