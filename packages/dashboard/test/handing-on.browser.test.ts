/** What a reviewer does with a request besides deciding it: hand it on, up or back, ask, give it time, take it up again. */
import type { WireApproval } from '@countersign/contract';
import { type TestPerson, until } from '@countersign/server/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, readyToDecide, startDashboard } from './browser-fixture.ts';
import { refund } from './requests.ts';

let dashboard: DashboardFixture;
let olga: TestPerson;
let max: TestPerson;
beforeAll(async () => {
  dashboard = await startDashboard();
  olga = await dashboard.person('Olga Officer', ['approver']);
  max = await dashboard.person('Max Manager', ['approver']);
  const { app, reviewer } = dashboard;
  for (const [name, member] of [
    ['support', reviewer],
    ['managers', max],
  ] as const) {
    const made = await app.call(reviewer, 'POST', '/v1/groups', { name, members: [member.id] });
    if (made.status !== 201) throw new Error(made.text);
  }
  const policy = await app.call(reviewer, 'POST', '/v1/policies', {
    name: 'Levels',
    source: JSON.stringify({
      rules: [
        {
          name: 'support first',
          tools: ['credit.give'],
          outcome: 'hold',
          hold: { stages: [{ approvers: '1 of support' }], timeout_seconds: 3600 },
        },
      ],
    }),
  });
  if (policy.status !== 201) throw new Error(policy.text);
});
afterAll(() => dashboard.stop());

const credit = (customer: string): Promise<WireApproval> =>
  dashboard.ask(refund(customer, { title: `Credit for ${customer}`, tool: 'credit.give' }));
const opened = async (asked: WireApproval, as: TestPerson = dashboard.reviewer): Promise<Page> => {
  const page = await dashboard.open(`/inbox/${asked.id}`, { as });
  await readyToDecide(page, asked.title);
  return page;
};
const isListed = async (page: Page, title: string): Promise<boolean> =>
  (await page.getByRole('grid').getByRole('link', { name: title }).count()) > 0;
const openMore = async (page: Page, item: string): Promise<void> => {
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: item }).click();
};

test('F hands a request to somebody else: it leaves the one list and comes into the other', async () => {
  const asked = await credit('Fred');
  const theirs = await dashboard.open('/inbox', { as: olga });
  await theirs.getByText('Nothing needs you').waitFor();
  const page = await opened(asked);
  await page.keyboard.press('f');
  const dialog = page.getByRole('dialog', { name: 'Reassign' });
  await dialog.getByLabel('Olga Officer').check();
  await dialog.getByLabel('Why').fill('She knows the customer');
  await dialog.getByRole('button', { name: 'Reassign' }).click();
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(() => isListed(page, asked.title), { timeout: 10_000 }).toBe(false);
  await readyToDecide(theirs, asked.title);
  expect((await dashboard.approval(asked.id)).assigned_to).toEqual([olga.id]);
  await theirs.keyboard.press('a');
  await until(
    () => dashboard.approval(asked.id),
    ({ status }) => status === 'approved',
  );
});

test('⇧E asks the next level as well, and says by whom and why', async () => {
  const asked = await credit('Emma');
  const page = await opened(asked);
  await page.keyboard.press('Shift+E');
  const dialog = page.getByRole('dialog', { name: 'Escalate' });
  await dialog.getByLabel('To').fill('1 of managers');
  await dialog.getByLabel('Why').fill('Above my limit');
  await dialog.getByRole('button', { name: 'Escalate' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Above my limit').waitFor();
  const theirs = await opened(asked, max);
  await theirs.keyboard.press('a');
  await until(
    () => dashboard.approval(asked.id),
    ({ decision }) => decision?.by.id === max.id,
  );
});

test('more time moves the deadline, for everybody who looks', async () => {
  const asked = await credit('Tess');
  const [page, second] = [await opened(asked), await opened(asked)];
  const before = Date.parse(asked.expires_at ?? '');
  await openMore(page, 'Give it more time…');
  const dialog = page.getByRole('dialog', { name: 'Give it more time' });
  await dialog.getByLabel('By').selectOption('1 day');
  await dialog.getByRole('button', { name: 'Extend' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(Date.parse((await dashboard.approval(asked.id)).expires_at ?? '')).toBe(before + 86_400_000);
  for (const one of [page, second]) await one.getByRole('timer').filter({ hasText: /^1d / }).first().waitFor();
});

test('M comments; a question goes back to whoever asked, and the answer appears by itself', async () => {
  const asked = await credit('Mona');
  const page = await opened(asked);
  await page.keyboard.press('m');
  await page.getByLabel('Your comment').fill('Which invoice is it?');
  await page.getByLabel('It is a question to whoever asked').check();
  await page.keyboard.press('Control+Enter');
  await page.getByText('asks back').waitFor();
  const { asking } = dashboard.app.one.keys;
  const path = `/v1/approvals/${asked.id}/comments`;
  const comments = await dashboard.app.call<{ data: { body: string; is_question: boolean }[] }>(asking, 'GET', path);
  expect(comments.body.data).toMatchObject([{ body: 'Which invoice is it?', is_question: true }]);
  await dashboard.app.call(asking, 'POST', path, { body: 'Invoice 2026-118.' });
  await page.getByText('Invoice 2026-118.').waitFor();
});

test('what expired is taken up again as a fresh request about the same', async () => {
  const asked = await dashboard.ask(refund('Rex', { timeout_seconds: 2 }));
  await until(
    () => dashboard.approval(asked.id),
    ({ status }) => status === 'expired',
  );
  const page = await dashboard.open(`/history/${asked.id}`);
  await page.getByRole('button', { name: 'Take it up again' }).click();
  await readyToDecide(page, asked.title);
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  expect(id).not.toBe(asked.id);
  await page.getByText('Taken up again from').waitFor();
  const fresh = await dashboard.approval(id);
  expect([fresh.status, fresh.reopened_from]).toEqual(['pending', asked.id]);
  await page.keyboard.press('a');
  await until(
    () => dashboard.approval(id),
    ({ status }) => status === 'approved',
  );
});

test('who is away names who stands in, whose list has it at once and who decides in their place', async () => {
  const asked = await credit('Dora');
  const theirs = await dashboard.open('/inbox', { as: olga });
  await theirs.getByRole('heading', { name: 'Inbox' }).waitFor();
  await theirs.getByText('Live', { exact: true }).waitFor();
  expect(await isListed(theirs, asked.title)).toBe(false);
  const page = await dashboard.open('/settings/people?part=away');
  await page.getByRole('button', { name: 'Out of office' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Who stands in').selectOption('Olga Officer');
  await dialog.getByLabel('Until').fill(`${new Date().getFullYear() + 1}-01-31T18:00`);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await theirs.getByRole('grid').getByRole('link', { name: asked.title }).click();
  await readyToDecide(theirs, asked.title);
  await theirs.keyboard.press('a');
  const decided = await until(
    () => dashboard.approval(asked.id),
    ({ status }) => status === 'approved',
  );
  expect(decided.votes).toMatchObject([{ person: { id: olga.id }, represents: dashboard.reviewer.id }]);
});
