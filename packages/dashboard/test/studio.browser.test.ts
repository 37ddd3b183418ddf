/** Talking with an agent in the Studio: what it says, where it stops, and how it goes on there. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { TestPerson } from '@countersign/server/testing';
import {
  type ModelAnswer,
  type ModelRequest,
  type TestModel,
  type TestTool,
  defineAgent,
  startModel,
  startTool,
  until,
} from '@countersign/server/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killAll, startProcess } from '../../engine/src/testing/processes.ts';
import { type DashboardFixture, sidewaysScroll, startDashboard } from './browser-fixture.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FOLDER = process.env['SCREENSHOTS'];

let dashboard: DashboardFixture;
let builder: TestPerson;
let model: TestModel;
let tool: TestTool;
let agentId: string;
let goOn: () => void = () => undefined;

/** Says half, and the rest when it is told to. */
async function* slowly(): AsyncGenerator<string> {
  yield 'Once upon a time ';
  await new Promise<void>((resolve) => {
    goOn = resolve;
  });
  yield 'there was a lamp.';
}

const textOf = ({ messages }: ModelRequest, role: string): string => {
  const content = messages.findLast((message) => message.role === role)?.content ?? '';
  return typeof content === 'string' ? content : JSON.stringify(content);
};

const answer = (request: ModelRequest): ModelAnswer => {
  const said = textOf(request, 'user');
  const last = request.messages.at(-1);
  if (last?.role === 'tool') return { text: `The tool said: ${String(last.content)}` };
  if (said.startsWith('Refund'))
    return {
      text: 'I would refund the lamp.',
      calls: [{ tool: 'refund', arguments: { amount: 189, order: 'HL-20418' } }],
    };
  if (said.startsWith('Tell')) return { pieces: slowly() };
  return { text: `You said: ${said}` };
};

beforeAll(async () => {
  dashboard = await startDashboard();
  builder = await dashboard.person('Ben Builder', ['builder']);
  model = await startModel(answer);
  tool = await startTool(({ arguments: args }) => `refunded ${JSON.stringify(args)}`);
  const { app } = dashboard;
  const agent = await defineAgent(
    app,
    app.one.keys.asking,
    model,
    {
      refund: {
        http: { url: `${tool.url}/refund` },
        description: 'Gives money back.',
        summary_template: 'Refund {amount} EUR for {order}',
      },
    },
    { price: { input_per_million: 2.5, output_per_million: 10, currency: 'EUR' } },
  );
  agentId = agent.id;
});
afterAll(async () => {
  await killAll();
  await dashboard.stop();
  await model.close();
  await tool.close();
});

const say = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel('Message to the agent').fill(text);
  await page.getByLabel('Message to the agent').press('Enter');
};
const log = (page: Page) => page.getByRole('log');
const begin = async (as: TestPerson = builder): Promise<Page> => {
  const page = await dashboard.open('/studio', { as });
  await page.getByRole('button', { name: 'Begin a conversation' }).click();
  await page.getByLabel('Agent', { exact: true }).selectOption(agentId);
  return page;
};
/** The same conversation, for somebody who may decide. */
const openFor = async (page: Page, as: TestPerson, size: 'desktop' | 'phone' = 'desktop'): Promise<Page> =>
  dashboard.open(page.url().slice(dashboard.url.length), { as, size });
const readyBar = (page: Page) => page.locator('[data-decision-bar][data-ready]');
const snap = async (page: Page, name: string): Promise<void> => {
  if (FOLDER !== undefined) await page.screenshot({ path: `${FOLDER}/studio-${name}.png` });
};
const faultsOf = async (page: Page): Promise<unknown> => {
  await page.evaluate(AXE);
  return page.evaluate(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((result) => result.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]))",
  );
};

test('an answer appears as it is said; a held call is approved right there, and the turn goes on for both', async () => {
  const page = await begin();
  await say(page, 'Tell me a story');
  await log(page).getByText('Once upon a time').waitFor();
  await expect(page.getByText('there was a lamp').count()).resolves.toBe(0);
  goOn();
  await log(page).getByText('Once upon a time there was a lamp.').waitFor();

  await say(page, 'Refund the lamp of HL-20418');
  await log(page).getByText('I would refund the lamp.').waitFor();
  const card = page.getByRole('article', { name: /^Request at refund/ });
  await card.getByRole('heading', { name: 'Refund 189 EUR for HL-20418' }).waitFor();
  // Who asked may not decide, and is told so in the place of the buttons.
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  await expect(page.getByRole('button', { name: 'Approve' }).getAttribute('aria-disabled')).resolves.toBe('true');

  const reviewer = await openFor(page, dashboard.reviewer);
  const theirs = reviewer.getByRole('article', { name: /^Request at refund/ });
  await theirs.getByText('Refund the lamp of HL-20418').waitFor();
  await theirs.getByText('189', { exact: true }).waitFor();
  await readyBar(reviewer).waitFor();
  await snap(reviewer, 'held-desktop-light');
  expect(await faultsOf(reviewer)).toEqual([]);
  await reviewer.getByRole('button', { name: 'Approve', exact: true }).click();
  await theirs.getByText(/^Approved by/).waitFor();
  for (const each of [reviewer, page])
    await log(each)
      .getByText(/The tool said: refunded .*189/)
      .waitFor({ timeout: 20_000 });
  expect(tool.ledger).toHaveLength(1);
  await log(page).getByText('approved by Rosa Reviewer').waitFor();
  // Both are back to where something can be said, by whoever may.
  await page.getByRole('button', { name: 'Send' }).waitFor();
  await page.getByText(/tokens in, .* out · €0\.\d+/).waitFor();
  await snap(page, 'done-desktop-light');
  // The page knows it again after a reload.
  await page.reload();
  await log(page)
    .getByText(/The tool said: refunded/)
    .waitFor();
  await log(page).getByText('approved by Rosa Reviewer').waitFor();
  expect(await faultsOf(page)).toEqual([]);
});

test('an edit runs as edited; a rejection’s reason reaches the model', async () => {
  const page = await begin();
  await say(page, 'Refund it, please');
  await page.getByRole('article', { name: /^Request at refund/ }).waitFor();
  const reviewer = await openFor(page, dashboard.reviewer, 'phone');
  await readyBar(reviewer).waitFor();
  expect(await sidewaysScroll(reviewer)).toBe(0);
  await snap(reviewer, 'held-phone-light');
  expect(await faultsOf(reviewer)).toEqual([]);
  await reviewer.getByRole('button', { name: /^Edit/ }).click();
  await reviewer.getByLabel('amount', { exact: true }).fill('45');
  await reviewer.getByRole('button', { name: 'Finish editing' }).click();
  await reviewer.getByRole('button', { name: 'Approve with edits' }).click();
  await log(page)
    .getByText(/The tool said: .*"amount":45/)
    .waitFor({ timeout: 20_000 });
  await log(page).getByText('edited and approved by').waitFor();
  expect(tool.ledger.at(-1)?.arguments).toMatchObject({ amount: 45 });

  await say(page, 'Refund it again');
  await reviewer.getByRole('article', { name: /^Request at refund/ }).waitFor();
  await readyBar(reviewer).waitFor();
  await reviewer.getByRole('button', { name: 'Reject' }).click();
  await reviewer.getByLabel(/Why do you reject/).fill('It was paid already');
  await reviewer.getByRole('button', { name: 'Reject' }).click();
  await log(page)
    .getByText(/The tool said: A reviewer rejected this call.*It was paid already/)
    .waitFor({ timeout: 20_000 });
  await log(page).getByText('rejected by Rosa Reviewer').waitFor();
  await snap(reviewer, 'rejected-phone-light');
});

test('several versions answer the same message beside each other, and past conversations are found by their words', async () => {
  const page = await begin();
  await page.getByRole('button', { name: 'Compare with another' }).click();
  await page.getByLabel('Agent', { exact: true }).nth(1).selectOption(agentId);
  await page.getByLabel('Version').nth(1).selectOption('1');
  await say(page, 'Good morning, xylophone');
  await expect
    .poll(() => log(page).getByText('You said: Good morning, xylophone').count(), { timeout: 20_000 })
    .toBe(2);
  await snap(page, 'compare-desktop-light');
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole('button', { name: 'Close this column' }).first().click();
  await expect.poll(() => log(page).count()).toBe(1);

  await page.getByLabel('Search what was said').fill('xylophone');
  await expect.poll(() => page.getByRole('list', { name: 'Conversations' }).getByRole('listitem').count()).toBe(2);
  const dark = await dashboard.open('/studio', { as: builder, size: 'phone', theme: 'dark' });
  await dark.getByRole('list', { name: 'Conversations' }).getByRole('link').first().click();
  await log(dark).getByText('You said: Good morning, xylophone').waitFor();
  expect(await sidewaysScroll(dark)).toBe(0);
  await snap(dark, 'talk-phone-dark');
  expect(await faultsOf(dark)).toEqual([]);
});

test('the server is killed in the middle of a sentence, and while a turn is held: the conversation is whole afterwards', async () => {
  const { app } = dashboard;
  const first = await startProcess(app.database.url, 'all');
  const port = Number(new URL(first.url).port);
  const page = await dashboard.open(`${first.url}/studio?open=${agentId}`, {
    as: builder,
    expectedErrors: /ERR_|Failed to load resource/,
  });
  await say(page, 'Tell me a story');
  await log(page).getByText('Once upon a time').waitFor();
  await first.kill();
  const second = await startProcess(app.database.url, 'all', port);
  await until(
    async () => model.requests.filter((request) => textOf(request, 'user') === 'Tell me a story').length,
    (count) => count >= 3,
    20_000,
  ).catch(() => undefined);
  goOn();
  await log(page).getByText('Once upon a time there was a lamp.').waitFor({ timeout: 30_000 });
  await expect(log(page).getByText('Once upon a time').count()).resolves.toBe(1);

  await say(page, 'Refund the lamp');
  await page.getByRole('article', { name: /^Request at refund/ }).waitFor();
  await second.kill();
  await startProcess(app.database.url, 'all', port);
  const reviewer = await dashboard.open(page.url(), {
    as: dashboard.reviewer,
    expectedErrors: /ERR_|Failed to load resource/,
  });
  await readyBar(reviewer).waitFor();
  await reviewer.getByRole('button', { name: 'Approve', exact: true }).click();
  await log(reviewer)
    .getByText(/The tool said: refunded/)
    .waitFor({ timeout: 30_000 });
  await log(page)
    .getByText(/The tool said: refunded/)
    .waitFor({ timeout: 30_000 });
});
