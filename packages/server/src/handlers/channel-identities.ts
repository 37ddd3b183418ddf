/** Who one is in channels: the links, and codes to make them with. */
import { randomInt } from 'node:crypto';
import { maskNumber } from '@countersign/channels';
import { appendEvent, listChannelIdentities, putLinkCode, removeChannelIdentity } from '@countersign/store';
import { mustBePerson } from '../auth/begin-session.ts';
import { hashSecret } from '../auth/keys.ts';
import { actorOf } from '../auth/principal.ts';
import { plainCode } from '../channels/who.ts';
import type { Handlers } from '../http/context.ts';
import { notFound } from '../http/problem.ts';

const VALID_SECONDS = 600;
/** Without those that are read as others. */
const LETTERS = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 12;

/** 58 bits: with five attempts in a quarter of an hour, enough for ten minutes. */
const newCode = (): string =>
  Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)])
    .join('')
    .replace(/(.{4})(?=.)/g, '$1-');

export const channelIdentityHandlers = {
  listChannelIdentities: async ({ principal }, scope) => ({
    data: (await listChannelIdentities(scope, mustBePerson(principal).personId)).map((row) => ({
      id: row.id,
      kind: row.kind,
      name: row.name,
      user: row.external_id,
      team: row.team,
      how: row.how,
      linked_at: row.linked_at.toISOString(),
      last_used_at: row.last_used_at?.toISOString() ?? null,
    })),
  }),
  createLinkCode: async ({ principal }, scope) => {
    const code = newCode();
    const expiresAt = await putLinkCode(
      scope,
      mustBePerson(principal).personId,
      hashSecret(plainCode(code)),
      VALID_SECONDS,
    );
    return { code, expires_at: expiresAt.toISOString() };
  },
  removeChannelIdentity: async ({ principal, params }, scope) => {
    const { personId } = mustBePerson(principal);
    const row = await removeChannelIdentity(scope, personId, params.id);
    if (!row) throw notFound('link to a channel');
    await appendEvent(scope, {
      type: 'channel_identity.unlinked',
      subject: personId,
      actor: actorOf(principal),
      data: {
        channel: row.kind,
        user: row.kind === 'phone' ? maskNumber(row.external_id) : row.external_id,
        team: row.team,
      },
    });
    return undefined;
  },
} satisfies Partial<Handlers>;
