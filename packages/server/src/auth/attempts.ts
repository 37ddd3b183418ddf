/**
 * What is remembered between the beginning of a sign-in and its end: a challenge, or where a provider was asked. It is kept
 * sealed in a cookie of the browser that began, so that another browser can't end it and beginning costs the database nothing;
 * only that it was used is written down.
 */
import { randomBytes } from 'node:crypto';
import { type Scope, readClock, unscoped, useAttempt } from '@countersign/store';
import type { App } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { attemptCookie, attemptToken } from './cookie.ts';
import { hashSecret } from './keys.ts';

const LIFE_SECONDS = 600;

type Attempts = {
  /** A challenge for a passkey: to sign in, for one person to step up, or to add one. */
  readonly 'sign-in': { readonly challenge: string };
  readonly 'step-up': { readonly challenge: string; readonly personId: string };
  readonly 'new-passkey': { readonly challenge: string; readonly personId: string };
  /** A redirect to a provider; with a person, to connect an account to them. */
  readonly sso: {
    readonly provider: string;
    readonly state: string;
    readonly nonce: string;
    readonly verifier: string;
    readonly redirectUri: string;
    readonly personId: string | null;
  };
};
type Kind = keyof Attempts;
type Kept<K extends Kind> = Attempts[K] & { readonly id: string; readonly untilMs: number };

const contextOf = (kind: Kind): string => `attempt/${kind}`;

/** In the transaction where there is one: who holds a connection waits for no second. */
const clockOf = (app: App, scope: Pick<Scope, 'client'> | undefined): Promise<Date> =>
  scope ? readClock(scope) : unscoped(app.engine.api, readClock);

/** @returns the cookie to set */
export const keepAttempt = async <K extends Kind>(
  app: App,
  kind: K,
  attempt: Attempts[K],
  scope?: Pick<Scope, 'client'>,
): Promise<string> => {
  const now = await clockOf(app, scope);
  const kept: Kept<K> = {
    ...attempt,
    id: randomBytes(16).toString('base64url'),
    untilMs: now.getTime() + LIFE_SECONDS * 1000,
  };
  const sealed = app.engine.secrets.seal(JSON.stringify(kept), contextOf(kind)).toString('base64url');
  return attemptCookie(app.config.publicUrl, sealed, LIFE_SECONDS);
};

const expired = (): Problem =>
  new Problem('invalid', 'This took too long, was begun in another browser, or was used already. Begin again.');

/** @throws Problem `invalid` if this browser has begun nothing of the kind, or too long ago */
export const openAttempt = async <K extends Kind>(
  app: App,
  request: Request,
  kind: K,
  scope?: Pick<Scope, 'client'>,
): Promise<Kept<K>> => {
  const sealed = attemptToken(request, app.config.publicUrl);
  if (sealed === undefined) throw expired();
  const kept = unseal<K>(app, sealed, kind);
  const now = await clockOf(app, scope);
  if (kept === null || kept.untilMs < now.getTime()) throw expired();
  return kept;
};

const unseal = <K extends Kind>(app: App, sealed: string, kind: K): Kept<K> | null => {
  try {
    return JSON.parse(app.engine.secrets.open(Buffer.from(sealed, 'base64url'), contextOf(kind))) as Kept<K>; // we wrote it
  } catch {
    return null;
  }
};

/** In the transaction of what it leads to. @throws Problem `invalid` for the second use */
export const useUp = async (scope: Pick<Scope, 'client'>, attempt: { readonly id: string }): Promise<void> => {
  if (!(await useAttempt(scope, hashSecret(attempt.id)))) throw expired();
};
