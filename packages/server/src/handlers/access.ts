import { type Permission, scopesConflict } from '@countersign/core';
import { appendEvent, getKey, insertKey, listKeys, newId, revokeKey } from '@countersign/store';
import { kindOfKey, makeKeySecret } from '../auth/keys.ts';
import { actorOf } from '../auth/principal.ts';
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
      ownerId: principal.kind === 'key' ? principal.ownerId : principal.personId,
      expiresAt: new Date(Date.now() + body.expires_in_days * DAY_MS),
    });
    await appendEvent(scope, {
      type: 'key.created',
      subject: id,
      actor: actorOf(principal),
      data: { name: body.name, scopes },
    });
    const row = await getKey(scope, id);
    if (!row) throw new Error('the key is gone');
    return { ...presentKey(row), secret: made.secret };
  },
  listKeys: async ({ page }, scope) =>
    page.of(await listKeys(scope, page.after, page.limit), (row) => [row.cursor_at, row.id], presentKey),
  revokeKey: async ({ app, params, principal }, scope) => {
    if (!(await getKey(scope, params.id))) throw notFound('API key');
    if ((await revokeKey(scope, params.id)) === 1)
      await appendEvent(scope, { type: 'key.revoked', subject: params.id, actor: actorOf(principal) });
    scope.afterCommit(() => app.authenticator.forgetKey(params.id));
    return undefined;
  },
} satisfies Partial<Handlers>;
