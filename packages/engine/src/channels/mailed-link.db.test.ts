/** "Forgot your password?": the way from the sign-in page over a real mail server into a session. */
import { base32 } from '@better-auth/utils/base32';
import { createOTP } from '@better-auth/utils/otp';
import type { WireSession } from '@countersign/contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestApp, addPerson, createVisitor, startTestServer } from '../../../server/src/testing/index.ts';
import { until } from '../testing/scene.ts';
import { type TestMail, startMailServer } from './smtp.testing.ts';

let mail: TestMail;
let app: TestApp;
beforeAll(async () => {
  mail = await startMailServer();
  app = await startTestServer({ smtpUrl: mail.url, mailFrom: 'Countersign <countersign@test.example>' });
});
afterAll(async () => {
  await app.stop();
  await mail.close();
});
beforeEach(() => app.sql('delete from sign_in_failure'));

type Told = { code: string; wrong_code?: boolean };
const askFor = (email: string) => createVisitor(app).call<Told>('POST', '/v1/session/link', { email });
const signIn = (token: string, code?: string, visitor = createVisitor(app)) =>
  visitor.call<WireSession & Told>('POST', '/v1/session', {
    token,
    ...(code === undefined ? {} : { code }),
  });

/** Quoted-printable lines put together again. */
const readable = (raw: string): string => raw.replaceAll('=\r\n', '').replaceAll('=3D', '=');
const tokenFor = async (email: string): Promise<string> => {
  const [last] = await until(
    () => Promise.resolve(mail.taken.filter(({ to }) => to.includes(email)).slice(-1)),
    ({ length }) => length === 1,
  );
  mail.taken.length = 0;
  return /#token=([\w-]+)/.exec(readable(last?.raw ?? ''))?.[1] ?? '';
};

test('a member gets a link that works once; the answer is the same for an address that nobody has', async () => {
  const ann = await addPerson(app.store, app.one.id, 'Ann forgot', ['approver']);
  const answers = [await askFor(ann.email), await askFor('nobody@mail.example')];
  expect(answers.map(({ status, text }) => [status, text])).toEqual([
    [204, ''],
    [204, ''],
  ]);
  const token = await tokenFor(ann.email);
  const browser = createVisitor(app);
  const first = await signIn(token, undefined, browser);
  expect(first.status).toBe(200);
  expect(first.body).toMatchObject({ method: 'link', person: { id: ann.id } });
  expect((await signIn(token)).status).toBe(401);
  expect((await browser.call('PUT', '/v1/account/password', { password: 'a-new-kettle-hums-17' })).status).toBe(200);
  expect(
    await app.sql(`select actor ->> 'id' as by, data ->> 'how' as how from event where type = 'sign_in_link.created'`),
  ).toEqual([{ by: 'sign_in', how: 'mail' }]);
  expect(await app.sql('select from delivery where sealed is not null')).toEqual([]);
});

test('with an authenticator app the mail alone opens nothing, and a wrong code does not use the link up', async () => {
  const bob = await addPerson(app.store, app.one.id, 'Bob has an app', ['approver']);
  const visitor = createVisitor(app);
  visitor.cookies.set('countersign_session', bob.token);
  const begun = await visitor.call<{ secret: string }>('POST', '/v1/account/totp');
  const secret = Buffer.from(base32.decode(begun.body.secret)).toString();
  const codeOf = async (step: number) => {
    const [row] = await app.sql<{ step: string }>(
      'select floor(extract(epoch from clock_timestamp()) / 30)::text as step',
    );
    return createOTP(secret).hotp(Number(row?.step) + step);
  };
  expect((await visitor.call('PUT', '/v1/account/totp', { code: await codeOf(-1) })).status).toBe(200);

  await askFor(bob.email);
  const token = await tokenFor(bob.email);
  expect((await signIn(token)).body).toMatchObject({ code: 'second_factor_needed' });
  expect((await signIn(token, '000000')).body).toMatchObject({ code: 'second_factor_needed', wrong_code: true });
  expect((await signIn(token, await codeOf(0))).body).toMatchObject({
    method: 'link',
    second_factor: 'given',
  });
});

test('a link is too old after an hour', async () => {
  const cid = await addPerson(app.store, app.one.id, 'Cid is late', ['viewer']);
  await askFor(cid.email);
  const token = await tokenFor(cid.email);
  await app.sql(`update sign_in_link set expires_at = expires_at - interval '61 minutes' where is_mailed`);
  expect((await signIn(token)).status).toBe(401);
});

test('nobody’s mailbox is filled: the sixth within a quarter of an hour is refused, whoever it is for', async () => {
  const dan = await addPerson(app.store, app.one.id, 'Dan is pestered', ['viewer']);
  for (const email of [dan.email, 'nobody@mail.example']) {
    await app.sql('delete from sign_in_failure');
    const statuses: number[] = [];
    for (let n = 0; n < 6; n += 1) statuses.push((await askFor(email)).status);
    expect(statuses).toEqual([204, 204, 204, 204, 204, 429]);
  }
});
