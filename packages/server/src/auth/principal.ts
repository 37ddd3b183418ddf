/** Who is asking: from a verified credential and from nothing else (trust.md, B3). */
import {
  type Actor,
  type KeyLimits,
  type Permission,
  type Role,
  type SignInMethod,
  permissionsOf,
} from '@countersign/core';
import {
  type Database,
  type KeyRow,
  type KeyUse,
  type SessionRow,
  type SessionUse,
  findChatToken,
  findDeadKey,
  findKey,
  findSession,
  getLiveKey,
  reading,
  touchKeys,
  touchSessions,
} from '@countersign/store';
import { type Networks, createNetworks } from '../http/address.ts';
import { Problem } from '../http/problem.ts';
import { CHAT_PREFIX, hashSecret, isKeySecret } from './keys.ts';

export type Principal =
  | {
      readonly kind: 'key';
      readonly workspaceId: string;
      readonly keyId: string;
      readonly ownerId: string;
      readonly name: string;
      readonly ownerName: string;
      readonly permissions: ReadonlySet<Permission>;
      readonly limits: KeyLimits;
      /** From where it may be used; null: from anywhere. */
      readonly networks: Networks | null;
      /** A page's token that lends the key's right to one conversation, to one origin; null: the key itself. */
      readonly chat: { readonly conversationId: string; readonly origin: string } | null;
    }
  | {
      readonly kind: 'person';
      readonly workspaceId: string;
      readonly personId: string;
      readonly name: string;
      readonly roles: readonly Role[];
      readonly session: SessionRow;
      readonly permissions: ReadonlySet<Permission>;
    }
  /** A member who acts right in a channel, whose provider says who they are. */
  | {
      readonly kind: 'channel';
      readonly workspaceId: string;
      readonly personId: string;
      readonly name: string;
      readonly roles: readonly Role[];
      readonly permissions: ReadonlySet<Permission>;
      readonly channel: { readonly id: string; readonly kind: SignInMethod };
    };

/** The name under which idempotency keys and rate limits of a credential are kept. */
export const principalId = (principal: Principal): string =>
  principal.kind === 'key' ? (principal.chat?.conversationId ?? principal.keyId) : principal.personId;

export const actorOf = (principal: Principal): Actor =>
  principal.kind === 'key'
    ? {
        kind: 'key',
        id: principal.keyId,
        name: `${principal.chat ? `a visitor of ${principal.chat.origin}, through ` : ''}${principal.name} (key of ${principal.ownerName})`,
      }
    : { kind: 'person', id: principal.personId, name: principal.name };

/** Everybody whose request this is, by stable identity: none of them may decide it. */
export const requestersOf = (principal: Principal, onBehalfOf?: string): string[] => [
  ...(principal.kind === 'key' ? [principal.keyId, principal.ownerId] : [principal.personId]),
  ...(onBehalfOf ? [onBehalfOf] : []),
];

/** The person behind a credential. */
export const personOf = (principal: Principal): string =>
  principal.kind === 'key' ? principal.ownerId : principal.personId;

const fromKey = (row: KeyRow): Extract<Principal, { kind: 'key' }> => ({
  kind: 'key',
  workspaceId: row.workspace_id,
  keyId: row.id,
  ownerId: row.owner_id,
  name: row.name,
  ownerName: row.owner_name,
  permissions: new Set(row.scopes),
  limits: { agents: row.agents, tools: row.tools },
  networks: row.networks && createNetworks(row.networks),
  chat: null,
});

/** What a visitor of somebody else's page may do: read and speak. Where the key may be used from is not asked of them. */
const CHAT_PERMISSIONS: readonly Permission[] = ['executions:read', 'executions:run'];

const fromChatToken = async (database: Database, hash: Buffer): Promise<Principal | undefined> => {
  const token = await findChatToken(database, hash);
  if (!token) return undefined;
  const key = await reading(database, token.workspace_id, (scope) => getLiveKey(scope, token.key_id));
  if (!key?.scopes.includes('executions:run')) return undefined;
  return {
    ...fromKey(key),
    permissions: new Set(CHAT_PERMISSIONS),
    networks: null,
    chat: { conversationId: token.conversation_id, origin: token.origin },
  };
};

const fromSession = (row: SessionRow): Principal => ({
  kind: 'person',
  workspaceId: row.workspace_id,
  personId: row.person_id,
  name: row.person_name,
  roles: row.roles,
  session: row,
  permissions: permissionsOf(row.roles),
});

/** A key is looked up at most once in this time, so that a revoked one is refused everywhere within it. */
const KEY_CACHE_MS = 1000;
const KEY_CACHE_ENTRIES_MAX = 10_000;
const TOUCH_EVERY_MS = 60_000;

export type Authenticator = {
  /** @throws Problem `unauthenticated` */
  readonly authenticate: (credentials: {
    authorization: string | undefined;
    sessionToken: string | undefined;
    /** Where the request comes from. */
    address: string;
  }) => Promise<Principal>;
  readonly forgetKey: (keyId: string) => void;
  /** Writes down what was used last. */
  readonly stop: () => Promise<void>;
};

const refused = (detail: string): Problem =>
  new Problem('unauthenticated', detail, {}, { 'WWW-Authenticate': 'Bearer realm="countersign"' });

/** Whose key it was that is good no longer: for the audit log, never for the answer. */
export class DeadKeyProblem extends Problem {
  readonly owner: Principal;

  constructor(owner: Principal) {
    const { code, message, headers } = refused('The API key is unknown, revoked or expired.');
    super(code, message, {}, headers);
    this.owner = owner;
  }
}

type FoundKey = { readonly principal: Principal; readonly isLive: boolean };

const lookUp = async (database: Database, hash: Buffer): Promise<FoundKey | undefined> => {
  const live = await findKey(database, hash);
  if (live) return { principal: fromKey(live), isLive: true };
  const dead = await findDeadKey(database, hash);
  return dead && { principal: fromKey(dead), isLive: false };
};

export const createAuthenticator = (database: Database): Authenticator => {
  const keys = new Map<string, { found: Promise<FoundKey | undefined>; untilMs: number }>();
  const usedKeys = new Map<string, KeyUse>();
  const usedSessions = new Map<string, SessionUse>();
  // Only for reading; a lost minute does no harm.
  const flush = async (): Promise<void> => {
    const keyUses = [...usedKeys.values()];
    const sessionUses = [...usedSessions.values()];
    usedKeys.clear();
    usedSessions.clear();
    await Promise.allSettled([touchKeys(database, keyUses), touchSessions(database, sessionUses)]);
  };
  const touch = setInterval(() => void flush(), TOUCH_EVERY_MS);
  touch.unref();

  const byKey = async (secret: string, address: string): Promise<Principal> => {
    if (!isKeySecret(secret)) throw refused('This is not an API key of ours.');
    const hash = hashSecret(secret);
    const id = hash.toString('base64');
    let entry = keys.get(id);
    if (!entry || entry.untilMs < Date.now()) {
      if (keys.size >= KEY_CACHE_ENTRIES_MAX) keys.clear();
      entry = { found: lookUp(database, hash), untilMs: Date.now() + KEY_CACHE_MS };
      entry.found.catch(() => keys.delete(id));
      keys.set(id, entry);
    }
    const found = await entry.found;
    if (found?.principal.kind !== 'key') throw refused('The API key is unknown, revoked or expired.');
    const { principal, isLive } = found;
    if (!isLive) throw new DeadKeyProblem(principal);
    usedKeys.set(principal.keyId, { workspaceId: principal.workspaceId, keyId: principal.keyId, address });
    return principal;
  };

  const bySession = async (token: string): Promise<Principal> => {
    const row = await findSession(database, hashSecret(token));
    if (!row) throw refused('The session has ended. Sign in again.');
    usedSessions.set(row.id, { workspaceId: row.workspace_id, sessionId: row.id });
    return fromSession(row);
  };

  return {
    authenticate: async ({ authorization, sessionToken, address }) => {
      const bearer = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1];
      if (bearer?.startsWith(CHAT_PREFIX)) {
        const principal = await fromChatToken(database, hashSecret(bearer));
        if (!principal) throw refused('The token is unknown or has ended. Ask for another one.');
        return principal;
      }
      if (bearer) return byKey(bearer, address);
      if (authorization !== undefined) throw refused('Send the key as "Authorization: Bearer csk_…".');
      if (sessionToken !== undefined) return bySession(sessionToken);
      throw refused('Send an API key as "Authorization: Bearer csk_…", or sign in.');
    },
    forgetKey: (keyId) => {
      for (const [id, { found }] of keys)
        void found.then(
          (key) => {
            if (key?.principal.kind === 'key' && key.principal.keyId === keyId) keys.delete(id);
          },
          () => undefined,
        );
    },
    stop: () => {
      clearInterval(touch);
      return flush();
    },
  };
};
