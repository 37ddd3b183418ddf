/**
 * Writes down what a known credential was refused: who, what, and about which thing (trust.md, 1: attacks leave an entry);
 * and where somebody without one named an approval, that, in the log of the approval's workspace.
 *
 * In a transaction of its own, since the refused one leaves nothing behind; after the answer, which does not wait for it.
 * A log that anybody can fill is no log: the same refusal again within a minute is counted and written as one entry, and
 * over ENTRIES_PER_MINUTE a credential's further ones are one entry about the credential itself.
 */
import type { ProblemCode, RouteName } from '@countersign/contract';
import type { Actor } from '@countersign/core';
import { type Database, appendEvent, transaction, workspaceOfApproval } from '@countersign/store';
import { type Principal, actorOf, principalId } from '../auth/principal.ts';

/** What is an attempt, rather than a mistake in the form of a request or a name that is taken. */
const ATTEMPTS: ReadonlySet<ProblemCode> = new Set([
  'unauthenticated',
  'forbidden',
  'cross_site',
  'self_approval',
  'signature_invalid',
  'receipt_invalid',
  'receipt_revoked',
  'not_eligible',
  'policy_blocked',
  'not_found',
  'already_decided',
  'approval_expired',
  'digest_stale',
  'already_rejected',
  'claimed',
  'too_late',
  'already_consumed',
  'not_approved',
  'scopes_conflict',
  'address_denied',
]);

const WINDOW_MS = 60_000;
const ENTRIES_PER_MINUTE = 60;
const CREDENTIALS_MAX = 10_000;

/** What was asked for: an operation of /v1, or of an interface whose paths are no part of the contract. */
type RefusedRoute = RouteName | 'scim' | 'channel' | 'compat';

/** What is known of a request so far: who makes it, and the id that it names. Without one the entry is about who. */
export type Attempt = { principal: Principal | undefined; subject: string | undefined; address: string };

type Refusal = {
  /** None: nobody was signed in. */
  readonly principal: Principal | undefined;
  readonly address: string;
  readonly route: RefusedRoute;
  readonly code: ProblemCode;
  readonly subject: string | undefined;
};

const ID = /^[a-z]{3}_[0-9A-Za-z]{27}$/;

/** The id that a path's parameters or a body name, if it has the form of one of ours. */
export const subjectOf = (named: unknown): string | undefined => {
  const { id, approval_id: approvalId } = (named ?? {}) as { id?: unknown; approval_id?: unknown };
  return [id, approvalId].find((text): text is string => typeof text === 'string' && ID.test(text));
};

export type Refusals = {
  readonly note: (route: RefusedRoute, attempt: Readonly<Attempt>, problem: { readonly code: ProblemCode }) => void;
  /** Writes what was counted so far, and waits for it. */
  readonly flush: () => Promise<void>;
};

/** One credential's last minute: what was written, and how often each came again. */
type Minute = { readonly untilMs: number; readonly counts: Map<string, { refusal: Refusal; again: number }> };

const NOBODY: Actor = { kind: 'system', id: 'anonymous', name: 'Somebody without a credential' };

const keyOf = ({ route, code, subject }: Refusal): string => `${route} ${code} ${subject ?? ''}`;

/** @param onFailure an entry could not be written: the database is away, and so is what was asked for */
export const createRefusals = (
  database: Database,
  onWritten: (workspaceId: string) => void,
  onFailure: (error: unknown) => void,
): Refusals => {
  const minutes = new Map<string, Minute>();
  const writing = new Set<Promise<void>>();

  const append = async ({ principal, address, route, code, subject }: Refusal, times: number): Promise<void> => {
    const workspaceId = principal?.workspaceId ?? (subject && (await workspaceOfApproval(database, subject)));
    if (workspaceId === undefined) return;
    await transaction(database, workspaceId, async (scope) => {
      await appendEvent(scope, {
        type: 'request.refused',
        subject: subject ?? (principal ? principalId(principal) : NOBODY.id),
        actor: principal ? actorOf(principal) : NOBODY,
        data: { code, route, ...(times > 1 ? { times } : {}) },
        ...(principal ? {} : { detail: { address } }),
      });
      scope.afterCommit(() => onWritten(workspaceId));
    });
  };
  const write = (refusal: Refusal, times: number): void => {
    const done = append(refusal, times)
      .catch(onFailure)
      .finally(() => writing.delete(done));
    writing.add(done);
  };

  const close = (credential: string): void => {
    for (const { refusal, again } of minutes.get(credential)?.counts.values() ?? [])
      if (again > 0) write(refusal, again);
    minutes.delete(credential);
  };
  const closeOld = (): void => {
    for (const [credential, { untilMs }] of minutes) if (untilMs <= Date.now()) close(credential);
  };
  const timer = setInterval(closeOld, WINDOW_MS / 6);
  timer.unref();

  return {
    note: (route, { principal, subject, address }, { code }) => {
      if (!ATTEMPTS.has(code) || (!principal && !subject?.startsWith('apr_'))) return;
      // Reading what has gone, or mistyping a path, is no attempt; an id of ours that is not there may be another's.
      if (code === 'not_found' && subject === undefined) return;
      const refusal: Refusal = { principal, address, route, code, subject };
      const credential = principal ? principalId(principal) : `from ${address}`;
      if ((minutes.get(credential)?.untilMs ?? 0) <= Date.now()) {
        close(credential);
        if (minutes.size >= CREDENTIALS_MAX) for (const other of minutes.keys()) close(other);
        minutes.set(credential, { untilMs: Date.now() + WINDOW_MS, counts: new Map() });
      }
      const counts = minutes.get(credential)?.counts ?? new Map<string, never>();
      const key = keyOf(refusal);
      const known = counts.get(key);
      if (known) known.again += 1;
      else if (counts.size < ENTRIES_PER_MINUTE) {
        counts.set(key, { refusal, again: 0 });
        write(refusal, 1);
      } else {
        const rest = counts.get('rest') ?? { refusal: { ...refusal, subject: undefined }, again: 0 };
        rest.again += 1;
        counts.set('rest', rest);
      }
    },
    flush: async () => {
      clearInterval(timer);
      for (const credential of minutes.keys()) close(credential);
      await Promise.all(writing);
    },
  };
};
