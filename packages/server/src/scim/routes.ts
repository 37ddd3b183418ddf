/**
 * SCIM 2.0 (RFC 7643, 7644) under /scim/v2: a directory such as Okta or Entra ID provisions members and groups with an API
 * key of the scope `scim:write`. A translation over the same commands as the API's; it holds no rules of its own.
 */
import {
  type Json,
  type JsonObject,
  type ScimFilter,
  matchesScim,
  parseScimFilter,
  parseStrict,
  patchScim,
} from '@countersign/core';
import { type Scope, appendEvent, deleteGroup, reading, scimGroups, scimUsers, transaction } from '@countersign/store';
import { z } from 'zod';
import { holdToNetworks } from '../auth/limits.ts';
import { DeadKeyProblem, type Principal, actorOf, principalId } from '../auth/principal.ts';
import { leave } from '../handlers/members.ts';
import { refuseInUse } from '../handlers/people.ts';
import type { App } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import { type Attempt, subjectOf } from '../http/refusals.ts';
import { ScimError, chosen, listAnswer, scimAnswer, scimProblem } from './answer.ts';
import { resourceTypes, schemas, serviceProviderConfig } from './discovery.ts';
import {
  createScimGroup,
  followRoles,
  mustGetScimGroup,
  presentScimGroup,
  readGroup,
  updateScimGroup,
} from './groups.ts';
import { createUser, mustGetUser, presentUser, readUser, saveUser } from './users.ts';

const idOf = ({ id }: JsonObject): string => (typeof id === 'string' ? id : '');

const BODY_BYTES_MAX = 1024 * 1024;

type Asked = {
  readonly app: App;
  readonly principal: Principal;
  readonly method: string;
  readonly id: string | null;
  readonly query: URLSearchParams;
  readonly body: () => Promise<JsonObject>;
  readonly base: string;
};

const readJson = async (request: Request): Promise<JsonObject> => {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/(scim\+)?json\b/i.test(type)) throw new ScimError(415, 'Send application/scim+json.');
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.length > BODY_BYTES_MAX) throw new ScimError(413, 'The body is too large.');
  const parsed = parseStrict(bytes.toString());
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value))
    throw new ScimError(400, 'The body is not a JSON object.', 'invalidSyntax');
  return parsed.value as JsonObject;
};

const filterOf = (query: URLSearchParams): ScimFilter | null => {
  const text = query.get('filter');
  if (text === null || text === '') return null;
  const parsed = parseScimFilter(text);
  if (!parsed.ok) throw new ScimError(400, 'The filter can not be read.', 'invalidFilter');
  return parsed.value;
};

const list = (resources: readonly JsonObject[], query: URLSearchParams): Response => {
  const filter = filterOf(query);
  return listAnswer(filter ? resources.filter((resource) => matchesScim(filter, resource)) : resources, query);
};

const PatchBody = z.object({
  Operations: z
    .array(z.object({ op: z.string(), path: z.string().max(1000).optional(), value: z.unknown().optional() }))
    .min(1)
    .max(1000),
});

const PATCH_WORDS = {
  invalidPath: 'A path can not be read.',
  invalidValue: 'An operation needs a value.',
  noTarget: 'A removal needs a path.',
  invalidSyntax: 'An operation is add, replace or remove.',
} as const;

const patched = (resource: JsonObject, body: JsonObject): JsonObject => {
  const parsed = PatchBody.safeParse(body);
  if (!parsed.success) throw new ScimError(400, 'The body has no usable Operations.', 'invalidSyntax');
  const operations = parsed.data.Operations.map(({ op, path, value }) => ({
    op,
    path,
    value: value as Json | undefined,
  }));
  const result = patchScim(resource, operations);
  if (!result.ok) throw new ScimError(400, PATCH_WORDS[result.refusal], result.refusal);
  return result.value;
};

const write = <T>({ app, principal }: Asked, work: (scope: Scope) => Promise<T>): Promise<T> =>
  transaction(app.engine.api, principal.workspaceId, async (scope) => {
    const result = await work(scope);
    scope.afterCommit(() => app.engine.wake.changed(principal.workspaceId, [principal.workspaceId]));
    return result;
  });
const read = <T>({ app, principal }: Asked, work: (scope: Scope) => Promise<T>): Promise<T> =>
  reading(app.engine.api, principal.workspaceId, work);

const notAllowed = (): never => {
  throw new ScimError(405, 'This path does not know the method.');
};

const users = async (asked: Asked): Promise<Response> => {
  const { app, method, id, query, base } = asked;
  const actor = actorOf(asked.principal);
  const shown = async (scope: Scope, one: string): Promise<JsonObject> =>
    presentUser(await mustGetUser(scope, one), base);
  if (id === null) {
    if (method === 'GET')
      return list(
        (await read(asked, (scope) => scimUsers(scope, null))).map((row) => presentUser(row, base)),
        query,
      );
    if (method !== 'POST') return notAllowed();
    const user = readUser(await asked.body());
    const made = await write(asked, async (scope) => shown(scope, await createUser(app, scope, actor, user)));
    return scimAnswer(201, made, { location: `${base}/scim/v2/Users/${idOf(made)}` });
  }
  if (method === 'GET') return scimAnswer(200, chosen(await read(asked, (scope) => shown(scope, id)), query));
  if (method === 'DELETE') {
    await write(asked, async (scope) => {
      await mustGetUser(scope, id);
      await leave(app, scope, actor, id, 'removed');
    });
    return scimAnswer(204, null);
  }
  if (method !== 'PUT' && method !== 'PATCH') return notAllowed();
  const body = await asked.body();
  return scimAnswer(
    200,
    await write(asked, async (scope) => {
      const row = await mustGetUser(scope, id);
      await saveUser(app, scope, actor, row, readUser(method === 'PUT' ? body : patched(presentUser(row, base), body)));
      return shown(scope, id);
    }),
  );
};

const groups = async (asked: Asked): Promise<Response> => {
  const { app, method, id, query, base } = asked;
  const actor = actorOf(asked.principal);
  const shown = async (scope: Scope, one: string): Promise<JsonObject> =>
    presentScimGroup(await mustGetScimGroup(scope, one), base);
  if (id === null) {
    if (method === 'GET')
      return list(
        (await read(asked, (scope) => scimGroups(scope, null))).map((row) => presentScimGroup(row, base)),
        query,
      );
    if (method !== 'POST') return notAllowed();
    const group = readGroup(await asked.body());
    const made = await write(asked, async (scope) => shown(scope, await createScimGroup(app, scope, actor, group)));
    return scimAnswer(201, made, { location: `${base}/scim/v2/Groups/${idOf(made)}` });
  }
  if (method === 'GET') return scimAnswer(200, chosen(await read(asked, (scope) => shown(scope, id)), query));
  if (method === 'DELETE') {
    await write(asked, async (scope) => {
      const row = await mustGetScimGroup(scope, id);
      await refuseInUse(scope, { id, name: row.name, former_names: [] });
      await deleteGroup(scope, id);
      await appendEvent(scope, { type: 'group.deleted', subject: id, actor, data: { how: 'scim' } });
      await followRoles(
        app,
        scope,
        actor,
        row.display_name ?? row.name,
        row.members.map(({ value }) => value),
        [],
      );
    });
    return scimAnswer(204, null);
  }
  if (method !== 'PUT' && method !== 'PATCH') return notAllowed();
  const body = await asked.body();
  return scimAnswer(
    200,
    await write(asked, async (scope) => {
      const row = await mustGetScimGroup(scope, id);
      await updateScimGroup(
        app,
        scope,
        actor,
        row,
        readGroup(method === 'PUT' ? body : patched(presentScimGroup(row, base), body)),
      );
      return shown(scope, id);
    }),
  );
};

/** What can be read about the server itself. */
const discovery = (kind: string, { method, id, query, base }: Asked): Response => {
  if (method !== 'GET') return notAllowed();
  if (kind === 'ServiceProviderConfig') return scimAnswer(200, serviceProviderConfig(base));
  const all = kind === 'Schemas' ? schemas(base) : resourceTypes(base);
  if (id === null) return listAnswer(all, query);
  const found = all.find((one) => one['id'] === id);
  if (!found) throw new ScimError(404, 'There is no such thing.');
  return scimAnswer(200, found);
};

const respond = (kind: string, asked: Asked): Promise<Response> | Response => {
  switch (kind) {
    case 'Users':
      return users(asked);
    case 'Groups':
      return groups(asked);
    case 'ServiceProviderConfig':
    case 'ResourceTypes':
    case 'Schemas':
      return discovery(kind, asked);
    default:
      throw new ScimError(404, 'There is no such path.');
  }
};

/** Never by a session's cookie: a directory is a program. Notes whose key it is for the record of a refusal. @throws Problem */
const identify = async (app: App, request: Request, address: string, attempt: Attempt): Promise<Principal> => {
  const principal = await app.authenticator
    .authenticate({ authorization: request.headers.get('authorization') ?? '', sessionToken: undefined, address })
    .catch((error: unknown) => {
      if (error instanceof DeadKeyProblem) attempt.principal = error.owner;
      throw error;
    });
  attempt.principal = principal;
  holdToNetworks(principal, address);
  if (!principal.permissions.has('scim:write'))
    throw new Problem('forbidden', 'This needs a key with the scope scim:write.');
  return principal;
};

/** The path under `/scim/v2`. @throws ScimError */
const placeOf = (path: string): { kind: string; id: string | null } => {
  try {
    const [kind = '', id = '', ...rest] = path
      .replace(/^\/scim\/v2\/?/, '')
      .split('/')
      .map(decodeURIComponent);
    if (rest.length === 0) return { kind, id: id === '' ? null : id };
  } catch {
    // An escape that is none: no path of ours either.
  }
  throw new ScimError(404, 'There is no such path.');
};

const noteRefusal = (app: App, attempt: Attempt, error: unknown): void => {
  if (error instanceof Problem) app.refusals.note('scim', attempt, error);
  else if (error instanceof ScimError && error.status === 404)
    app.refusals.note('scim', attempt, { code: 'not_found' });
};

export const createScim =
  (app: App, rateLimit: RateLimit) =>
  async (request: Request, address: string): Promise<Response> => {
    const attempt: Attempt = { principal: undefined, subject: undefined, address };
    try {
      const url = new URL(request.url, 'http://localhost');
      const { kind, id } = placeOf(url.pathname);
      attempt.subject = subjectOf({ id });
      const principal = await identify(app, request, address, attempt).catch(async (error: unknown) => {
        if (error instanceof Problem && error.code === 'unauthenticated') await rateLimit.take(address);
        throw error;
      });
      await rateLimit.take(principalId(principal));
      return await respond(kind, {
        app,
        principal,
        method: request.method,
        id,
        query: url.searchParams,
        body: () => readJson(request),
        base: app.config.publicUrl,
      });
    } catch (error) {
      noteRefusal(app, attempt, error);
      const known = scimProblem(error);
      if (known) return known;
      app.engine.log.error({ err: error }, 'a SCIM request failed');
      return scimAnswer(500, {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: '500',
        detail: 'This is a bug of ours.',
      });
    }
  };
