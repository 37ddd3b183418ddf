import { base32 } from '@better-auth/utils/base32';
import { createOTP } from '@better-auth/utils/otp';
import type { WireAccount, WireSession } from '@countersign/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addSignInLink } from '../setup/sign-in-link.ts';
import {
  type TestApp,
  type TestPerson,
  type Visitor,
  addPerson,
  createTestAuthenticator,
  createVisitor,
  startTestServer,
} from '../testing/index.ts';
import { transaction } from '@countersign/store';

const PASSWORD = 'blue-kettle-sings-42';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());
// Everybody here comes from one address.
beforeEach(() => app.sql('delete from sign_in_failure'));

type Told = { code: string; detail: string };
type Options = { options: { challenge: string; allowCredentials?: unknown[] } };

const someone = async (roles: Parameters<typeof addPerson>[3] = ['approver']): Promise<TestPerson> =>
  addPerson(app.store, app.one.id, 'signs in', roles);
/** A browser in which the person is signed in. */
const browserOf = (person: TestPerson): Visitor => {
  const visitor = createVisitor(app);
  visitor.cookies.set('countersign_session', person.token);
  return visitor;
};
const withPassword = async (person: TestPerson): Promise<Visitor> => {
  const visitor = browserOf(person);
  expect((await visitor.call('PUT', '/v1/account/password', { password: PASSWORD })).status).toBe(200);
  return visitor;
};
const signIn = (email: string, password: string, code?: string, visitor = createVisitor(app)) =>
  visitor.call<WireSession & Told>('POST', '/v1/session/password', {
    email,
    password,
    ...(code === undefined ? {} : { code }),
  });

/** Tells the code of the app at a moment relative to now, in steps of 30 s. */
const codeOf = async (secret: string, step = 0): Promise<string> => {
  const [row] = await app.sql<{ step: string }>(
    'select floor(extract(epoch from clock_timestamp()) / 30)::text as step',
  );
  return createOTP(secret).hotp(Number(row?.step) + step);
};
const decodeBase32 = (text: string): string => Buffer.from(base32.decode(text)).toString();
/** Enrols an authenticator app; the codes that follow must be of later steps. */
const withTotp = async (visitor: Visitor): Promise<{ secret: string; recovery: string[] }> => {
  const begun = await visitor.call<{ secret: string; uri: string }>('POST', '/v1/account/totp');
  expect(begun.status).toBe(200);
  const secret = decodeBase32(begun.body.secret);
  const confirmed = await visitor.call<{ recovery_codes: string[] }>('PUT', '/v1/account/totp', {
    code: await codeOf(secret, -1),
  });
  expect(confirmed.status).toBe(200);
  return { secret, recovery: confirmed.body.recovery_codes };
};
const withPasskey = async (visitor: Visitor) => {
  const key = createTestAuthenticator(visitor.origin);
  const begun = await visitor.call<Options>('POST', '/v1/account/passkey-options');
  expect(begun.status).toBe(200);
  const added = await visitor.call<WireAccount>('POST', '/v1/account/passkeys', {
    name: 'Laptop',
    credential: key.create(begun.body.options),
  });
  expect([added.status, added.text]).toEqual([200, added.text]);
  return { key, id: added.body.passkeys.at(-1)?.id ?? '' };
};
const eventsOf = async (subject: string): Promise<string[]> =>
  (await app.sql<{ type: string }>('select type from event where subject = $1 order by position', [subject])).map(
    ({ type }) => type,
  );

describe('a password', () => {
  test('signs its person in, with a session of its own and a cookie', async () => {
    const person = await someone();
    await withPassword(person);
    const visitor = createVisitor(app);
    const { status, body, headers } = await signIn(person.email.toUpperCase(), PASSWORD, undefined, visitor);
    expect([status, body.person.id, body.method, body.second_factor]).toEqual([
      200,
      person.id,
      'password',
      'not_needed',
    ]);
    expect(headers.get('set-cookie')).toMatch(/^countersign_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax/);
    expect((await visitor.call('GET', '/v1/session')).status).toBe(200);
  });
  test('T39: a wrong one and an unknown address get the same answer', async () => {
    const person = await someone();
    await withPassword(person);
    const wrong = await signIn(person.email, 'another-kettle-sings-42');
    const unknown = await signIn('nobody@test.example', PASSWORD);
    const without = await signIn(app.one.people.viewer.email, PASSWORD);
    for (const answer of [wrong, unknown, without])
      expect([answer.status, answer.body.code, answer.body.detail]).toEqual([
        401,
        'unauthenticated',
        'The address or the password is wrong.',
      ]);
    expect(await eventsOf(person.id)).toContain('sign_in.failed');
  });
  test('T39: takes as long for an address that nobody has as for a wrong password', { timeout: 120_000 }, async () => {
    const person = await someone();
    await withPassword(person);
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
    // The first ones warm up.
    for (let round = 0; round < 18; round += 1) {
      await app.sql('delete from sign_in_failure');
      for (const [which, email] of [
        ['known', person.email],
        ['unknown', `nobody${round}@test.example`],
      ] as const) {
        const started = performance.now();
        await signIn(email, 'another-kettle-sings-42');
        if (round > 2) times[which].push(performance.now() - started);
      }
    }
    const median = (list: number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
    const [known, unknown] = [median(times.known), median(times.unknown)];
    expect(Math.abs(known - unknown) / Math.max(known, unknown), `${known} ms, ${unknown} ms`).toBeLessThan(0.35);
  });
  test('T39: is looked at five times in 15 minutes for an account, however many try at once', async () => {
    const person = await someone();
    await withPassword(person);
    // The address has its own five: they do not hide those of the account.
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => signIn(person.email, 'another-kettle-sings-42')),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(25);
    const refused = await signIn(person.email, PASSWORD);
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(800);
    // Whether there is such an account is told to nobody here either.
    await app.sql('delete from sign_in_failure');
    for (let index = 0; index < 5; index += 1) await signIn('nobody@test.example', PASSWORD);
    expect((await signIn('nobody@test.example', PASSWORD)).status).toBe(429);
    // And an address has five for whomever it tries.
    expect((await signIn('somebody@test.example', PASSWORD)).status).toBe(429);
    await app.sql(`update sign_in_failure set at = array(select t - interval '15 minutes' from unnest(at) t)`);
    expect((await signIn(person.email, PASSWORD)).status).toBe(200);
  });
  test('that is right clears what failed before for the account', async () => {
    const person = await someone();
    await withPassword(person);
    for (let index = 0; index < 4; index += 1) await signIn(person.email, 'another-kettle-sings-42');
    expect((await signIn(person.email, PASSWORD)).status).toBe(200);
    const left = await app.sql<{ subject: string; n: number }>(
      'select subject, cardinality(at) as n from sign_in_failure',
    );
    expect(left).toEqual([{ subject: expect.stringContaining('password/address/') as string, n: 4 }]);
  });
  test('that is short or common is refused, and nothing changes', async () => {
    const visitor = browserOf(await someone());
    for (const password of ['short', 'password1234', 'iloveyou1234'])
      expect((await visitor.call<Told>('PUT', '/v1/account/password', { password })).body.code).toBe('invalid');
    expect((await visitor.call<WireAccount>('GET', '/v1/account')).body.password_changed_at).toBeNull();
  });
  test('that changes ends the other sessions, and gives this one another token', async () => {
    const person = await someone();
    const visitor = await withPassword(person);
    expect(visitor.cookies.get('countersign_session')).not.toBe(person.token);
    const other = createVisitor(app);
    await signIn(person.email, PASSWORD, undefined, other);
    expect((await visitor.call('PUT', '/v1/account/password', { password: 'green-otter-hums-71' })).status).toBe(200);
    expect((await other.call('GET', '/v1/session')).status).toBe(401);
    expect((await visitor.call('GET', '/v1/session')).status).toBe(200);
    expect((await signIn(person.email, PASSWORD)).status).toBe(401);
    expect((await signIn(person.email, 'green-otter-hums-71')).status).toBe(200);
    expect(await eventsOf(person.id)).toEqual(expect.arrayContaining(['password.changed']));
  });
  test('F12: stands nowhere in the database, and neither does a session’s token', async () => {
    const person = await someone();
    const visitor = await withPassword(person);
    const dump = JSON.stringify([
      await app.sql('select * from password'),
      await app.sql("select *, encode(token_hash, 'base64') from session"),
      await app.sql('select * from event'),
    ]);
    expect(dump).not.toContain(PASSWORD);
    expect(dump).not.toContain(visitor.cookies.get('countersign_session'));
  });
  test('T37: can not be sent from another site', async () => {
    const { status, body } = await createVisitor(app).call<Told>(
      'POST',
      '/v1/session/password',
      { email: 'x@test.example', password: PASSWORD },
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    );
    expect([status, body.code]).toEqual([403, 'cross_site']);
  });
});

describe('an authenticator app', () => {
  test('is asked for after the password once it is enrolled, and makes the session one of two factors', async () => {
    const person = await someone();
    const { secret } = await withTotp(await withPassword(person));
    const without = await signIn(person.email, PASSWORD);
    expect([without.status, without.body.code]).toEqual([401, 'second_factor_needed']);
    const answer = await signIn(person.email, PASSWORD, await codeOf(secret));
    expect([answer.status, answer.body.second_factor]).toEqual([200, 'given']);
    expect((await signIn(person.email, 'another-kettle-sings-42', await codeOf(secret, 1))).body.code).toBe(
      'unauthenticated',
    );
  });
  test('gives codes that work once, also for three at the same moment, and none before one that was used', async () => {
    const person = await someone();
    const { secret } = await withTotp(await withPassword(person));
    const code = await codeOf(secret, 1);
    const answers = await Promise.all([
      signIn(person.email, PASSWORD, code),
      signIn(person.email, PASSWORD, code),
      signIn(person.email, PASSWORD, code),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401]);
    for (const earlier of [code, await codeOf(secret)])
      expect((await signIn(person.email, PASSWORD, earlier)).status).toBe(401);
  });
  test('has no code that holds longer than its moment', async () => {
    const person = await someone();
    const { secret } = await withTotp(await withPassword(person));
    for (const step of [-3, -2, 2, 3, 1000])
      expect((await signIn(person.email, PASSWORD, await codeOf(secret, step))).status).toBe(401);
  });
  test('counts only once a code of it was shown, and is kept sealed', async () => {
    const person = await someone();
    const visitor = await withPassword(person);
    const { body } = await visitor.call<{ secret: string; uri: string }>('POST', '/v1/account/totp');
    expect(body.uri).toMatch(/^otpauth:\/\/totp\/Countersign:/);
    expect((await signIn(person.email, PASSWORD)).status).toBe(200);
    const secret = decodeBase32(body.secret);
    const rows = await app.sql<{ secret: Buffer }>('select secret from totp where person_id = $1', [person.id]);
    expect(rows[0]?.secret.toString('latin1')).not.toContain(secret);
  });
  test('comes with ten recovery codes, each of which works once', async () => {
    const person = await someone();
    const visitor = await withPassword(person);
    const { recovery } = await withTotp(visitor);
    expect(new Set(recovery).size).toBe(10);
    const [first = '', second = ''] = recovery;
    expect((await signIn(person.email, PASSWORD, first)).status).toBe(200);
    expect((await signIn(person.email, PASSWORD, first)).status).toBe(401);
    expect((await signIn(person.email, PASSWORD, second.toLowerCase().replaceAll('-', ' '))).status).toBe(200);
    expect((await visitor.call<WireAccount>('GET', '/v1/account')).body.recovery_codes).toBe(8);
    await visitor.call('POST', '/v1/account/recovery-codes');
    expect((await signIn(person.email, PASSWORD, recovery[2])).status).toBe(401);
  });
  test('is not guessed: wrong codes count as failures', async () => {
    const person = await someone();
    const { secret } = await withTotp(await withPassword(person));
    for (let index = 0; index < 5; index += 1)
      expect((await signIn(person.email, PASSWORD, '000000')).status).toBe(401);
    expect((await signIn(person.email, PASSWORD, await codeOf(secret))).status).toBe(429);
  });
  test('is removed after a fresh proof only', async () => {
    const person = await someone();
    const visitor = await withPassword(person);
    const { secret } = await withTotp(visitor);
    await app.sql(`update session set stepped_up_at = now() - interval '6 minutes' where person_id = $1`, [person.id]);
    expect((await visitor.call<Told>('DELETE', '/v1/account/totp')).body.code).toBe('step_up_required');
    await visitor.call('POST', '/v1/session/step-up', { password: PASSWORD, code: await codeOf(secret) });
    expect((await visitor.call('DELETE', '/v1/account/totp')).status).toBe(204);
    expect((await signIn(person.email, PASSWORD)).status).toBe(200);
    expect(await eventsOf(person.id)).toEqual(expect.arrayContaining(['factor.enrolled', 'factor.removed']));
  });
});

describe('a passkey', () => {
  const use = async (key: ReturnType<typeof createTestAuthenticator>, over = {}, visitor = createVisitor(app)) => {
    const begun = await visitor.call<Options>('POST', '/v1/session/passkey-options');
    const credential = key.get(begun.body.options, over);
    return {
      visitor,
      credential,
      ...(await visitor.call<WireSession & Told>('POST', '/v1/session/passkey', { credential })),
    };
  };

  test('signs its person in without a name or a password, as two factors', async () => {
    const person = await someone();
    const { key } = await withPasskey(browserOf(person));
    const { status, body, visitor } = await use(key);
    expect([status, body.person.id, body.method, body.second_factor]).toEqual([200, person.id, 'passkey', 'given']);
    expect((await visitor.call('GET', '/v1/session')).status).toBe(200);
  });
  test.each([
    ['made at another origin', { origin: 'http://evil.example' }],
    ['of another port of this machine', { origin: 'http://localhost:1' }],
    ['bound to another name', { rpId: 'evil.example' }],
    ['of a person who was not verified', { isVerified: false }],
    ['to another challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['that registers instead of signing in', { type: 'webauthn.create' }],
  ])('does not with an answer %s', async (_, over) => {
    const { key } = await withPasskey(browserOf(await someone()));
    const { status, body } = await use(key, over);
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
  });
  test('does not with an answer that was given before, or in another browser', async () => {
    const { key } = await withPasskey(browserOf(await someone()));
    const first = await use(key);
    expect(first.status).toBe(200);
    for (const visitor of [first.visitor, createVisitor(app)]) {
      const again = await visitor.call<Told>('POST', '/v1/session/passkey', { credential: first.credential });
      expect([401, 422]).toContain(again.status);
    }
    // A fresh answer in the browser that began, sent by another one.
    const begun = await createVisitor(app).call<Options>('POST', '/v1/session/passkey-options');
    const stolen = await createVisitor(app).call<Told>('POST', '/v1/session/passkey', {
      credential: key.get(begun.body.options),
    });
    expect([stolen.status, stolen.body.code]).toEqual([422, 'invalid']);
  });
  test('of a stranger, or with a flipped bit, opens nothing', async () => {
    const visitor = browserOf(await someone());
    const { key } = await withPasskey(visitor);
    expect((await use(createTestAuthenticator(visitor.origin))).status).toBe(401);
    const other = createVisitor(app);
    const begun = await other.call<Options>('POST', '/v1/session/passkey-options');
    const credential = key.get(begun.body.options);
    const response = credential['response'] as Record<string, string>;
    const flipped = Buffer.from(response['signature'] ?? '', 'base64url');
    flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
    const forged = { ...credential, response: { ...response, signature: flipped.toString('base64url') } };
    expect((await other.call('POST', '/v1/session/passkey', { credential: forged })).status).toBe(401);
  });
  test('can be named anew and removed, but not by somebody else, and not as the last way in', async () => {
    const person = await someone();
    const visitor = browserOf(person);
    const { id } = await withPasskey(visitor);
    const stranger = browserOf(await someone());
    expect((await stranger.call('PATCH', `/v1/account/passkeys/${id}`, { name: 'Mine' })).status).toBe(404);
    expect(
      (await visitor.call<WireAccount>('PATCH', `/v1/account/passkeys/${id}`, { name: 'Phone' })).body.passkeys[0]
        ?.name,
    ).toBe('Phone');
    expect((await visitor.call('DELETE', `/v1/account/passkeys/${id}`)).status).toBe(403);
    await visitor.call('PUT', '/v1/account/password', { password: PASSWORD });
    expect((await visitor.call('DELETE', `/v1/account/passkeys/${id}`)).status).toBe(204);
    expect(await eventsOf(id)).toEqual(expect.arrayContaining(['factor.enrolled', 'factor.removed']));
  });
  test('is offered at a name only', async () => {
    const at = (url: string) =>
      fetch(`${url}/v1/sign-in`).then((answer) => answer.json() as Promise<{ passkeys: boolean }>);
    expect((await at(app.url)).passkeys).toBe(false);
    expect((await at(app.url.replace('127.0.0.1', 'localhost'))).passkeys).toBe(true);
  });
});

describe('a one-time link', () => {
  const linkFor = (personId: string) =>
    transaction(app.store, app.one.id, (scope) => addSignInLink(scope, app.url, { workspaceId: app.one.id, personId }));
  const open = async (link: string): Promise<Visitor> => {
    const visitor = createVisitor(app);
    const token = new URL(link).hash.replace('#token=', '');
    expect((await visitor.call('POST', '/v1/session', { token })).status).toBe(200);
    return visitor;
  };
  test('lets whoever forgot their password set another one, within five minutes', async () => {
    const person = await someone();
    await withPassword(person);
    const visitor = await open(await linkFor(person.id));
    expect((await visitor.call('PUT', '/v1/account/password', { password: 'green-otter-hums-71' })).status).toBe(200);
    expect((await signIn(person.email, 'green-otter-hums-71')).status).toBe(200);
  });
  test('is no way around a second factor', async () => {
    const person = await someone();
    await withTotp(await withPassword(person));
    const visitor = await open(await linkFor(person.id));
    const refused = await visitor.call<Told>('PUT', '/v1/account/password', { password: 'green-otter-hums-71' });
    expect([refused.status, refused.body.code]).toEqual([403, 'step_up_required']);
  });
  test('can be made by an owner for a member, which is told, and not by others: whoever holds it acts as them', async () => {
    const person = await someone();
    const { owner, admin, builder } = app.one.people;
    for (const [who, status] of [
      [owner, 200],
      [admin, 403],
      [builder, 403],
    ] as const)
      expect((await app.call(who, 'POST', `/v1/members/${person.id}/sign-in-link`)).status).toBe(status);
    expect(await eventsOf(person.id)).toContain('sign_in_link.created');
    expect((await app.call(admin, 'POST', `/v1/members/${owner.id}/sign-in-link`)).status).toBe(403);
    expect((await app.call(owner, 'POST', `/v1/members/${app.two.people.viewer.id}/sign-in-link`)).status).toBe(404);
    const made = await app.call<{ url: string }>(owner, 'POST', `/v1/members/${person.id}/sign-in-link`);
    expect((await (await open(made.body.url)).call<WireSession>('GET', '/v1/session')).body.person.id).toBe(person.id);
  });
});
