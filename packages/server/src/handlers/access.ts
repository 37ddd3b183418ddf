import { type Permission, scopesConflict } from '@countersign/core';
import { appendEvent, getKey, insertKey, listKeys, newId, revokeKey, rotateKey } from '@countersign/store';
import { kindOfKey, makeKeySecret } from '../auth/keys.ts';
import { actorOf, personOf } from '../auth/principal.ts';
import type { Handlers } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';
import { presentKey } from '../present/work.ts';

const DAY_MS = 86_400_000;

export const accessHandlers = {
  createKey: async ({ principal, body }, scope) => {
    const scopes: Permission[] = [...new Set(body.scopes)];
    if (scopesConflict(scopes))
      throw new Problem(
        'scopes_conflict',
        'A key asks and configures, or decides, or governs people and policies: never two of these, or it would sign for itself.',
      );
    // Nobody hands out what they do not have; and a program can not make itself a decider.
    const missing = scopes.filter((permission) => !principal.permissions.has(permission));
    if (missing.length > 0)
      throw new Problem('forbidden', `You can not give what you do not have: ${missing.join(', ')}.`, { missing });
    // A key with limits could otherwise make one without.
    if (principal.kind === 'key' && (principal.limits.agents ?? principal.limits.tools ?? principal.networks))
      throw new Problem('forbidden', 'A key with limits makes no keys.');
    const kind = kindOfKey(scopes);
    const made = makeKeySecret(kind);
    const id = newId('key');
    await insertKey(scope, {
      id,
      secretHash: made.hash,
      name: body.name,
      kind,
      prefix: made.prefix,
      scopes,
      ownerId: personOf(principal),
      expiresAt: new Date(Date.now() + body.expires_in_days * DAY_MS),
      agents: body.agents,
      tools: body.tools,
      networks: body.networks,
    });
    await appendEvent(scope, {
      type: 'key.created',
      subject: id,
      actor: actorOf(principal),
      data: { name: body.name, scopes, agents: body.agents, tools: body.tools, networks: body.networks },
    });
    const row = await getKey(scope, id);
    if (!row) throw new Error('the key is gone');
    return { ...presentKey(row), secret: made.secret };
  },
  listKeys: async ({ page }, scope) =>
    page.of(await listKeys(scope, page.after, page.limit), (row) => [row.cursor_at, row.id], presentKey),
  rotateKey: async ({ app, params, principal, body }, scope) => {
    const row = await getKey(scope, params.id);
    if (!row) throw notFound('API key');
    // Whoever gets the secret acts as its owner: nobody else may, and not by a key that may do less.
    if (row.owner_id !== personOf(principal)) throw new Problem('forbidden', 'Only its owner rotates a key.');
    const missing = row.scopes.filter((permission) => !principal.permissions.has(permission));
    if (missing.length > 0)
      throw new Problem('forbidden', `You can not give what you do not have: ${missing.join(', ')}.`, { missing });
    const made = makeKeySecret(row.kind);
    const rotated = await rotateKey(scope, params.id, {
      secretHash: made.hash,
      prefix: made.prefix,
      overlapSeconds: body.overlap_hours * 3600,
      expiresInDays: body.expires_in_days,
    });
    if (rotated === 0) throw new Problem('key_ended', 'It was revoked, or its time is over: make a new one.');
    const fresh = await getKey(scope, params.id);
    if (!fresh) throw new Error('the key is gone');
    const data = { previous_until: fresh.previous_until?.toISOString() ?? null };
    await appendEvent(scope, { type: 'key.rotated', subject: params.id, actor: actorOf(principal), data });
    scope.afterCommit(() => app.authenticator.forgetKey(params.id));
    return { ...presentKey(fresh), secret: made.secret };
  },
  revokeKey: async ({ app, params, principal }, scope) => {
    const row = await getKey(scope, params.id);
    if (!row) throw notFound('API key');
    if (row.owner_id !== personOf(principal) && !principal.permissions.has('keys:manage'))
      throw new Problem('forbidden', 'It is not yours: an owner or admin revokes the keys of others.');
    if ((await revokeKey(scope, params.id)) === 1)
      await appendEvent(scope, { type: 'key.revoked', subject: params.id, actor: actorOf(principal) });
    scope.afterCommit(() => app.authenticator.forgetKey(params.id));
    return undefined;
  },
} satisfies Partial<Handlers>;
