import type { WireAccount, WireSession } from '@countersign/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type TestApp,
  type TestProvider,
  type TestServer,
  type Visitor,
  addPerson,
  createVisitor,
  startProvider,
  startTestServer,
} from '../testing/index.ts';

let app: TestApp;
/** With two providers. */
let server: TestServer;
let acme: TestProvider;
let other: TestProvider;
beforeAll(async () => {
  [acme, other] = await Promise.all([startProvider('RS256'), startProvider('ES256')]);
  app = await startTestServer();
  server = await app.replica({ oidc: providers() });
});
afterAll(async () => {
  await app.stop();
  await Promise.all([acme.close(), other.close()]);
});
const providers = () => {
  const newcomers = { roles: ['viewer' as const], workspace_id: app.one.id };
  return [
    {
      id: 'acme',
      name: 'Acme',
      issuer: acme.issuer,
      ...acme.client,
      domains: ['acme.example'],
      second_factor: false,
      ...newcomers,
    },
    {
      id: 'other',
      name: 'Other',
      issuer: other.issuer,
      ...other.client,
      domains: [],
      second_factor: true,
      ...newcomers,
    },
  ];
};
beforeEach(() => app.sql('delete from sign_in_failure'));

type Told = { code: string; detail: string };
type Away = { readonly visitor: Visitor; readonly query: string };

/** Goes to the provider and comes back, up to the moment at which the page posts what came. */
const goAndReturn = async (
  provider = 'acme',
  visitor = createVisitor(server),
  path = '/v1/session/sso-start',
): Promise<Away> => {
  const begun = await visitor.call<{ url: string }>('POST', path, { provider });
  expect([begun.status, begun.text]).toEqual([200, begun.text]);
  const answer = await fetch(begun.body.url, { redirect: 'manual' });
  const back = new URL(answer.headers.get('location') ?? '');
  expect([answer.status, back.origin, back.pathname]).toEqual([302, visitor.origin, '/sign-in/callback']);
  return { visitor, query: back.search.slice(1) };
};
const finish = ({ visitor, query }: Away, path = '/v1/session/sso') =>
  visitor.call<WireSession & WireAccount & Told>('POST', path, { query });
const signIn = async (provider = 'acme') => finish(await goAndReturn(provider));

let count = 0;
const newcomer = (over: object = {}) => {
  count += 1;
  return {
    sub: `sub-${count}`,
    email: `ana${count}@acme.example`,
    email_verified: true,
    name: `Ana ${count}`,
    ...over,
  };
};
const personAs = async (email: string) => {
  const person = await addPerson(app.store, app.one.id, 'was here before', ['approver']);
  await app.sql('update person set email = $2 where id = $1', [person.id, email]);
  const visitor = createVisitor(server);
  visitor.cookies.set('countersign_session', person.token);
  return { person, visitor };
};

describe('single sign-on', () => {
  test('makes a newcomer a member, by the domain of a verified address; the next time it is the same person', async () => {
    const user = newcomer();
    acme.become(user);
    const { status, body, text } = await signIn();
    expect([status, text]).toEqual([200, text]);
    expect(body).toMatchObject({
      person: { email: user.email, name: user.name },
      roles: ['viewer'],
      method: 'oidc',
      signs_in_with: ['identity'],
    });
    // By who they are at the provider, whatever address they have there now.
    acme.become({ ...user, email: 'ana.married@elsewhere.example', email_verified: false });
    expect((await signIn()).body.person.id).toBe(body.person.id);
    const events = await app.sql<{ type: string }>('select type from event where subject = $1 order by position', [
      body.person.id,
    ]);
    expect(events.map(({ type }) => type)).toEqual(['member.created', 'identity.linked']);
  });
  test.each([
    ['of another domain', { email: 'eve@evil.example' }],
    ['of a domain that only ends alike', { email: 'eve@notacme.example' }],
    ['with two at signs', { email: 'eve@acme.example@evil.example' }],
    ['that the provider has not verified', { email_verified: false }],
    ['that is verified only in words', { email_verified: 'true' }],
    ['that is missing', { email: undefined }],
  ])('lets nobody in with an address %s', async (_, over) => {
    acme.become(newcomer(over));
    const { status, body } = await signIn();
    expect([status, body.code]).toEqual([403, 'identity_not_linked']);
  });
  test('B5: an equal address connects nothing; who is signed in connects, and then it signs in', async () => {
    const user = newcomer();
    const { person, visitor } = await personAs(user.email);
    acme.become(user);
    for (const email of [user.email, user.email.toUpperCase(), user.email.replace('@', '+x@')]) {
      acme.become({ ...user, email });
      const refused = await signIn();
      expect([email, refused.status, refused.body.code]).toEqual([email, 403, 'identity_not_linked']);
    }
    const connected = await finish(
      await goAndReturn('acme', visitor, '/v1/account/identity-start'),
      '/v1/account/identities',
    );
    expect([connected.status, connected.body.identities]).toMatchObject([200, [{ provider: 'acme', name: 'Acme' }]]);
    expect((await signIn()).body.person.id).toBe(person.id);
    // Nobody else connects the same.
    const stranger = await personAs('stranger@test.example');
    const second = await finish(
      await goAndReturn('acme', stranger.visitor, '/v1/account/identity-start'),
      '/v1/account/identities',
    );
    expect([second.status, second.body.code]).toEqual([409, 'name_taken']);
    // It is the only way that this person signs in, so it stays until there is another.
    expect((await visitor.call('DELETE', '/v1/account/identities/acme')).status).toBe(403);
    await visitor.call('PUT', '/v1/account/password', { password: 'blue-kettle-sings-42' });
    expect((await visitor.call('DELETE', '/v1/account/identities/acme')).status).toBe(204);
    expect((await signIn()).status).toBe(403);
  });
  test('is begun for one purpose and by one person: a sign-in connects nobody, and the other way round', async () => {
    acme.become(newcomer());
    const { visitor } = await personAs('one@test.example');
    const signingIn = await goAndReturn('acme', visitor);
    expect((await finish(signingIn, '/v1/account/identities')).body.code).toBe('invalid');
    const connecting = await goAndReturn('acme', visitor, '/v1/account/identity-start');
    expect((await finish(connecting)).body.code).toBe('invalid');
    const stranger = await personAs('two@test.example');
    stranger.visitor.cookies.set('countersign_attempt', visitor.cookies.get('countersign_attempt') ?? '');
    expect((await finish({ ...connecting, visitor: stranger.visitor }, '/v1/account/identities')).body.code).toBe(
      'invalid',
    );
  });
  test('with keys of the other kind, at a provider that asks for a second factor itself, is one of two', async () => {
    const { person, visitor } = await personAs('es256@test.example');
    other.become({ sub: 'es' });
    await finish(await goAndReturn('other', visitor, '/v1/account/identity-start'), '/v1/account/identities');
    const { body } = await signIn('other');
    expect([body.person.id, body.second_factor]).toEqual([person.id, 'given']);
  });
  test('is one of two factors where the ID token says so', async () => {
    const user = newcomer({ amr: ['pwd', 'mfa'] });
    acme.become(user);
    expect((await signIn()).body.second_factor).toBe('given');
    acme.become({ ...user, amr: ['pwd'] });
    expect((await signIn()).body.second_factor).toBe('not_needed');
  });
});

describe('what comes back from the provider', () => {
  test('is taken once, also where the provider takes its code twice, and twenty times at once', async () => {
    acme.become(newcomer(), { acceptsCodesTwice: true });
    const away = await goAndReturn();
    const kept = away.visitor.cookies.get('countersign_attempt') ?? '';
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => {
        const visitor = createVisitor(server);
        visitor.cookies.set('countersign_attempt', kept);
        return finish({ ...away, visitor });
      }),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await finish(away)).status).not.toBe(200);
  });
  test('is worth nothing in another browser, with another state, or with the code of another attempt', async () => {
    acme.become(newcomer());
    const mine = await goAndReturn();
    const theirs = await goAndReturn();
    expect((await finish({ ...mine, visitor: createVisitor(server) })).body.code).toBe('invalid');
    const swapped = new URLSearchParams(mine.query);
    swapped.set('code', new URLSearchParams(theirs.query).get('code') ?? '');
    const stolen = new URLSearchParams(theirs.query);
    for (const query of [
      swapped,
      stolen,
      new URLSearchParams('code=x'),
      new URLSearchParams('error=access_denied'),
      new URLSearchParams('x'),
    ]) {
      await app.sql('delete from sign_in_failure');
      const { status, body } = await finish({ ...mine, query: query.toString() });
      expect([query.toString().slice(0, 12), status, body.code]).toEqual([
        query.toString().slice(0, 12),
        403,
        'sso_failed',
      ]);
    }
    expect((await finish(mine)).status).toBe(200);
  });
  test.each([
    ['for another client', { claims: { aud: 'another' } }],
    ['of another issuer', { claims: { iss: 'https://evil.example' } }],
    ['to another nonce', { claims: { nonce: 'replayed' } }],
    ['that is over', { claims: { exp: 1_700_000_000, iat: 1_699_999_000 } }],
    ['signed by a stranger', { signWith: 'another key' as const }],
    ['signed by nobody', { signWith: 'nothing' as const }],
  ])('does not count with an ID token %s', async (_, mischief) => {
    const user = newcomer();
    acme.become(user);
    expect((await signIn()).status).toBe(200);
    acme.become(user, mischief);
    const { status, body } = await signIn();
    expect([status, body.code]).toEqual([403, 'sso_failed']);
  });
  test('T39: is looked at five times an address while it fails', async () => {
    acme.become(newcomer(), { claims: { aud: 'another' } });
    const statuses = [];
    for (let index = 0; index < 7; index += 1) statuses.push((await signIn()).status);
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429, 429]);
  });
  test('is kept in the browser sealed: it can be neither read nor made', async () => {
    const { visitor, query } = await goAndReturn();
    const kept = Buffer.from(visitor.cookies.get('countersign_attempt') ?? '', 'base64url').toString('latin1');
    expect(kept).not.toContain(new URLSearchParams(query).get('state'));
    visitor.cookies.set('countersign_attempt', Buffer.from(JSON.stringify({ state: 'x' })).toString('base64url'));
    expect((await finish({ visitor, query })).body.code).toBe('invalid');
  });
});

test('F2: a provider at an address that may not be reached is not asked at all', async () => {
  const shut = await app.replica({ allowCidrs: [], oidc: providers() });
  acme.seen.length = 0;
  const answer = await shut.call<Told>(null, 'POST', '/v1/session/sso-start', { provider: 'acme' });
  expect([answer.status, answer.body.code]).toEqual([502, 'upstream_failed']);
  expect(acme.seen).toEqual([]);
  await shut.stop();
});

test('an unknown provider is not found', async () => {
  expect((await createVisitor(server).call('POST', '/v1/session/sso-start', { provider: 'nowhere' })).status).toBe(404);
});
