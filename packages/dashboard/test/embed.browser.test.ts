/** The chat element on a shop's page, of another origin than the server: the example as it stands, in a real browser. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type TestModel, type TestTool, defineAgent, startModel, startTool } from '@countersign/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startShop } from '../../../examples/embed/server.ts';
import type { Listening } from '../../../examples/recorded-model/listen.ts';
import { type DashboardFixture, sidewaysScroll, startDashboard } from './browser-fixture.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FOLDER = process.env['SCREENSHOTS'];

let dashboard: DashboardFixture;
let model: TestModel;
let tool: TestTool;
let shop: Listening;

beforeAll(async () => {
  dashboard = await startDashboard();
  const { app } = dashboard;
  model = await startModel(({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === 'tool') return { text: 'Your refund is on its way.' };
    return String(last?.content).startsWith('Refund')
      ? { text: 'I ask a colleague.', calls: [{ tool: 'shop_refund', arguments: { amount: 12, order: 'HL-1' } }] }
      : { text: 'Good morning to you, too.' };
  });
  tool = await startTool();
  const tools = {
    shop_refund: { http: { url: `${tool.url}/refund` }, summary_template: 'Refund {amount} for {order}' },
  };
  const agent = await defineAgent(app, app.one.keys.asking, model, tools);
  shop = await startShop({
    countersignUrl: dashboard.url,
    apiKey: app.one.keys.asking.secret,
    agentId: agent.id,
    isForStaff: true,
  });
});
afterAll(async () => {
  await shop.close();
  await dashboard.stop();
  await model.close();
  await tool.close();
});

test('the element is small', () => {
  const file = join(import.meta.dirname, '../../embed/countersign-chat.js');
  expect(gzipSync(readFileSync(file)).length).toBeLessThan(25_000);
});

test('a visitor chats on the shop’s page, waits while a person decides at the server, and reads the answer there', async () => {
  const page = await dashboard.open(shop.url, { as: null, size: 'phone' });
  expect(new URL(shop.url).origin).not.toBe(new URL(dashboard.url).origin);
  const box = page.getByLabel('Write a message');
  await box.fill('Good morning');
  await box.press('Enter');
  const said = page.getByRole('log');
  await said.getByText('Good morning to you, too.').waitFor();
  await box.fill('Refund my lamp');
  await page.getByRole('button', { name: 'Send' }).click();
  await said.getByText('I ask a colleague.').waitFor();
  await said.getByText('A person has to approve the next step').waitFor();
  // Nothing of what is asked for is on the page, and nothing with which to decide it.
  expect(await page.locator('countersign-chat').innerText()).not.toMatch(/shop_refund|HL-1|Approve|Reject/);
  expect(await sidewaysScroll(page)).toBe(0);
  await page.evaluate(AXE);
  expect(
    await page.evaluate(
      "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }).then((result) => result.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))",
    ),
  ).toEqual([]);
  if (FOLDER !== undefined) await page.screenshot({ path: `${FOLDER}/embed-held-phone.png` });

  // The card's window is the server's own page, where somebody has to sign in, and knows nothing of the shop's.
  const [popup] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('button', { name: 'Review' }).click(),
  ]);
  await popup.waitForURL(/\/sign-in/);
  expect(await popup.evaluate('window.opener')).toBeNull();
  expect(new URL(popup.url()).origin).toBe(new URL(dashboard.url).origin);
  const requestUrl = new URL(new URL(popup.url()).searchParams.get('return') ?? '', dashboard.url);
  const reviewer = await dashboard.open(requestUrl.href);
  await reviewer.locator('[data-decision-bar][data-ready]').waitFor();
  await reviewer.getByRole('button', { name: 'Approve', exact: true }).click();

  await said.getByText('Your refund is on its way.').waitFor({ timeout: 20_000 });
  expect(tool.ledger).toHaveLength(1);
  if (FOLDER !== undefined) await page.screenshot({ path: `${FOLDER}/embed-done-phone.png` });
});

test('the same element on a page of another origin shows nothing', async () => {
  const visitor = await dashboard.open(shop.url, { as: null });
  const chat = visitor.locator('countersign-chat');
  const conversation = (await chat.getAttribute('conversation')) ?? '';
  const token = await visitor.evaluate<string>(
    `fetch('/chat-token?conversation=${conversation}', { method: 'POST' }).then((answer) => answer.json()).then(({ token }) => token)`,
  );
  // The same server under another name is another origin; the token came along.
  const thief = await dashboard.open(shop.url.replace('127.0.0.1', 'localhost'), {
    as: null,
    expectedErrors: /CORS|ERR_FAILED|Failed to load/,
  });
  const outcome = await thief.evaluate(
    `fetch('${dashboard.url}/v1/conversations/${conversation}/messages', { headers: { authorization: 'Bearer ${token}' } }).then((answer) => answer.status, () => 'refused')`,
  );
  expect(outcome).toBe('refused');
});
