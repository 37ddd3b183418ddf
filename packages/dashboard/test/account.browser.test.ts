/** Signing in by every way that a browser has, and the account page. At a name, since passkeys are bound to one. */
import { createHmac } from 'node:crypto';
import { type TestPerson, until } from '@countersign/server/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DashboardFixture, startDashboard } from './browser-fixture.ts';

const PASSWORD = 'blue-kettle-sings-42';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());
beforeEach(() => dashboard.app.sql('delete from sign_in_failure'));

const atName = (url: string): string => url.replace('127.0.0.1', 'localhost');
/** A page on which the person is signed in by a one-time link. */
const openFor = async (person: TestPerson, prepare?: (page: Page) => Promise<unknown>): Promise<Page> => {
  const page = await dashboard.open(atName(await dashboard.signInUrl(person)), {
    as: null,
    // Refusals that lead somewhere: no session yet, the second factor, a fresh proof.
    expectedErrors: /status of (401|403|422)/,
    ...(prepare ? { prepare } : {}),
  });
  await page.waitForURL(/\/inbox/);
  return page;
};
const toAccount = async (page: Page): Promise<void> => {
  await page.goto(`${atName(dashboard.url)}/account`);
  await page.getByRole('heading', { level: 1, name: 'Account' }).waitFor();
};
const setPassword = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Set a password' }).click();
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set it' }).click();
  await page.getByRole('button', { name: 'Change the password' }).waitFor();
};
const signOut = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: /account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
};
const typePassword = async (page: Page, email: string, password = PASSWORD): Promise<void> => {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
};
const virtualAuthenticator = async (page: Page): Promise<void> => {
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
const addPasskey = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('My laptop');
  await page.getByRole('button', { name: 'Go on' }).click();
};

/** How the person signed in, the latest first; without the session that every test person begins with. */
const methodsOf = async (person: TestPerson): Promise<string[]> =>
  (
    await dashboard.app.sql<{ method: string }>(
      'select method from session where person_id = $1 and address is not null order by created_at desc',
      [person.id],
    )
  ).map(({ method }) => method);

/** RFC 6238, written again: what an app does. */
const codeOf = (base32: string, step: number): string => {
  const bits = base32
    .split('')
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
};
const now = (): number => Math.floor(Date.now() / 30_000);

test('a one-time link leads to a password, which signs in again', async () => {
  const person = await dashboard.person('Petra Password', ['approver']);
  const page = await openFor(person);
  await page.getByRole('link', { name: 'Secure your account' }).click();
  await page.getByText('You have no way back in yet').waitFor();
  // A password that is easy to guess is not taken, and it is said why.
  await page.getByRole('button', { name: 'Set a password' }).click();
  await page.getByLabel('New password').fill('password1234');
  await page.getByRole('button', { name: 'Set it' }).click();
  await page.getByText(/too easy to guess/).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await setPassword(page);
  expect(await page.getByText('You have no way back in yet').count()).toBe(0);
  await signOut(page);
  await typePassword(page, person.email, 'another-kettle-sings-42');
  await page.getByText('The address or the password is wrong.').waitFor();
  await typePassword(page, person.email);
  await page.waitForURL(/\/inbox/);
  await toAccount(page);
  await page.getByText('by password from').first().waitFor();
});

test('an authenticator app is asked for after the password, and a recovery code does in its place', async () => {
  const person = await dashboard.person('Anton App', ['approver']);
  const page = await openFor(person);
  await toAccount(page);
  await setPassword(page);
  await page.getByRole('button', { name: 'Add an app' }).click();
  await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
  const secret = (await page.getByRole('dialog').locator('code').innerText()).replaceAll(' ', '');
  await page.getByLabel('Code', { exact: true }).fill(codeOf(secret, now()));
  await page.getByRole('button', { name: 'Confirm' }).click();
  const codes = page.getByRole('dialog', { name: 'Recovery codes' });
  await codes.waitFor();
  const recovery = await codes.getByRole('listitem').first().innerText();
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('10 recovery codes are left').waitFor();
  await signOut(page);
  await typePassword(page, person.email);
  await page.getByLabel('Code of your authenticator app').fill('000000');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('This code is wrong, or was used already').waitFor();
  await page.getByLabel('Code of your authenticator app').fill(recovery);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.waitForURL(/\/inbox/);
  await toAccount(page);
  await page.getByText('9 recovery codes are left').waitFor();
  await page.getByText('by password with a second factor').waitFor();
  expect(await methodsOf(person)).toEqual(['password', 'link']);
});

test('a passkey is added, named, and signs in by itself', async () => {
  const person = await dashboard.person('Paula Passkey', ['approver']);
  const page = await openFor(person, virtualAuthenticator);
  await toAccount(page);
  await addPasskey(page);
  await page.getByText('My laptop').waitFor();
  await signOut(page);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.waitForURL(/\/inbox/);
  await toAccount(page);
  await page.getByText('by passkey from').waitFor();
  await page.getByRole('button', { name: 'Rename My laptop' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Old laptop');
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await page.getByText('Old laptop').waitFor();
  // The only way in stays.
  await page.getByRole('button', { name: 'Remove Old laptop' }).click();
  await page.getByText(/the only way you sign in/).waitFor();
  expect(await methodsOf(person)).toEqual(['passkey', 'link']);
});

test('T40: a change of the rules asks for a fresh proof, and then goes through', async () => {
  const person = await dashboard.person('Olaf Owner', ['owner']);
  const page = await openFor(person);
  await toAccount(page);
  await setPassword(page);
  await dashboard.app.sql(`update session set stepped_up_at = now() - interval '6 minutes' where person_id = $1`, [
    person.id,
  ]);
  await page.goto(`${atName(dashboard.url)}/settings/people?part=groups`);
  await page.getByRole('button', { name: 'New group' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('finance');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Create|Save|Add/ })
    .click();
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await dialog.getByLabel('Password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(() => dashboard.app.sql('select 1 from people_group where name = $1', ['finance'])).toHaveLength(1);
});

test('T38: where two factors are asked for, nothing opens before there is one', async () => {
  const [two] = [dashboard.app.two];
  const person = await dashboard.person('Gerda Gate', ['approver']);
  await dashboard.app.sql(`update workspace set settings = '{"require_second_factor": true}' where id <> $1`, [two.id]);
  try {
    const page = await dashboard.open(atName(await dashboard.signInUrl(person)), {
      as: null,
      prepare: virtualAuthenticator,
      expectedErrors: /status of (401|403)/,
    });
    await page.getByRole('heading', { level: 1, name: 'Add a second factor' }).waitFor();
    expect(await page.getByRole('navigation').count()).toBe(0);
    await addPasskey(page);
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    // The next one-time link is no way around it.
    await page.goto(atName(await dashboard.signInUrl(person)));
    await page.getByRole('heading', { level: 1, name: 'Your second factor' }).waitFor();
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
  } finally {
    await dashboard.app.sql(`update workspace set settings = '{}'`);
  }
});

test('a session that is ended on the account page is over at once', async () => {
  const person = await dashboard.person('Sven Sessions', ['approver']);
  const [first, second] = [await openFor(person), await openFor(person)];
  await toAccount(first);
  await first.getByRole('button', { name: 'End all others' }).click();
  await until(
    () => first.getByText('this one').count(),
    (count) => count === 1,
  );
  await second.goto(`${atName(dashboard.url)}/account`);
  await second.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
});
