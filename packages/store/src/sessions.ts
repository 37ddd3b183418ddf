/** The sessions of one person: listed, stepped up, ended. */
import type { SessionRow } from './rows.ts';
import { type Scope, statement } from './database.ts';

export type SessionSummary = {
  id: string;
  method: SessionRow['method'];
  is_two_factor: boolean;
  address: string | null;
  user_agent: string | null;
  created_at: Date;
  last_seen_at: Date;
  expires_at: Date;
};

const LIVE = `ended_at is null and expires_at > now() and last_seen_at > now() - interval '1 hour'`;

const live = statement<SessionSummary>(
  'session_list',
  `select id, method, is_two_factor, address, user_agent, created_at, last_seen_at, expires_at from session
   where workspace_id = $1 and person_id = $2 and ${LIVE} order by created_at desc, id desc`,
);
const end = statement<{ id: string }>(
  'session_end_own',
  `update session set ended_at = now() where workspace_id = $1 and person_id = $2 and id = $3 and ${LIVE} returning id`,
);
const endAll = statement<{ id: string }>(
  'session_end_all',
  `update session set ended_at = now() where workspace_id = $1 and person_id = $2 and id <> $3 and ${LIVE} returning id`,
);
const stepUp = statement(
  'session_step_up',
  `update session set stepped_up_at = now(), is_two_factor = is_two_factor or $2 where id = $1 and ended_at is null`,
);
const renew = statement('session_renew', 'update session set token_hash = $2 where id = $1 and ended_at is null');

/** Those that live, the latest first. */
export const listSessions = (scope: Scope, personId: string): Promise<SessionSummary[]> =>
  live.all(scope, scope.workspaceId, personId);
/** @returns the id, or undefined if this person has no such session */
export const endSessionOf = async (scope: Scope, personId: string, id: string): Promise<string | undefined> =>
  (await end.one(scope, scope.workspaceId, personId, id))?.id;
/** @returns the ids of those that ended */
export const endSessionsOf = async (scope: Scope, personId: string, exceptId = ''): Promise<string[]> =>
  (await endAll.all(scope, scope.workspaceId, personId, exceptId)).map(({ id }) => id);
/** Its person has just proved again who they are; with two factors, it is a session of two from now on. */
export const stepUpSession = (scope: Scope, id: string, isTwoFactor: boolean): Promise<number> =>
  stepUp.run(scope, id, isTwoFactor);
/** Another token for the same session: whoever had the one before is out. */
export const renewSession = (scope: Scope, id: string, tokenHash: Buffer): Promise<number> =>
  renew.run(scope, id, tokenHash);
