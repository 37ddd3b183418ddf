/** Signing keys and signed decisions, with Chromium's own virtual authenticator. At a name, since keys are bound to one. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, readyToDecide, startDashboard } from './browser-fixture.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
  const source = JSON.stringify({
    rules: [{ name: 'wires are signed', tools: ['wire'], outcome: 'hold', hold: { assurance: 'signed' } }],
  });
  const made = await dashboard.app.call(dashboard.reviewer, 'POST', '/v1/policies', { name: 'Signed', source });
  if (made.status !== 201) throw new Error(made.text);
});
afterAll(() => dashboard.stop());

const atName = (url: string): string => url.replace('127.0.0.1', 'localhost');
const authenticator = async (page: Page): Promise<void> => {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
};
const shot = async (page: Page, name: string): Promise<void> => {
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
};

test('T20, T27: approving what has to be signed shows what is signed, and the record carries the signature', async () => {
  const person = await dashboard.person('Sina Signer', ['approver']);
  const approval = await dashboard.ask({
    title: 'Wire 9,000 EUR',
    tool: 'wire',
    arguments: { amount: 9000, to: 'acct_1' },
  });
  const page = await dashboard.open(atName(await dashboard.signInUrl(person)), {
    as: null,
    // No session yet; and the refusal that leads to the sheet.
    expectedErrors: /status of (401|403)/,
    prepare: authenticator,
  });
  await page.waitForURL(/\/inbox/);
  const decide = async (): Promise<void> => {
    await page.goto(`${atName(dashboard.url)}/inbox/${approval.id}`);
    await readyToDecide(page, 'Wire 9,000 EUR');
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByRole('dialog', { name: 'Sign your decision' }).waitFor();
  };
  await decide();
  await page.getByText('You have no signing key yet').waitFor();
  await page.getByRole('link', { name: 'account page' }).click();
  await page.getByRole('button', { name: 'Add a signing key' }).click();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('My signing key').waitFor();
  await shot(page, 'account-signing-keys');

  await decide();
  const sheet = page.getByRole('dialog', { name: 'Sign your decision' });
  await sheet.getByText('I approve').waitFor();
  await sheet.getByText(approval.digest).waitFor();
  await sheet.getByText('wires are signed').waitFor();
  await shot(page, 'sign-decision');
  await sheet.getByRole('button', { name: 'Sign', exact: true }).click();
  await expect.poll(async () => (await dashboard.approval(approval.id)).decision?.assurance).toBe('signed');
}, 60_000);
