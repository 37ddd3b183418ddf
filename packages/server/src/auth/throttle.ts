/** At most five failures in 15 minutes for each account and each address, counted in the database (trust.md, T39). */
import { type Scope, clearAttempts, keepAttempts, reserveAttempt, takeBackAttempt, unscoped } from '@countersign/store';
import type { App } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { hashSecret } from './keys.ts';

export type Way = 'channel-link' | 'link' | 'link-mail' | 'password' | 'passkey' | 'phone' | 'sso' | 'step-up';

export type Entered = {
  /** It went well: the account starts anew, the address gets its place back. */
  readonly passed: () => Promise<void>;
  /** It was no failure, but shows nothing either. */
  readonly undone: () => Promise<void>;
  /** It failed and nobody is known whose record could say so: the same work as writing it there. */
  readonly failed: () => Promise<void>;
};

/**
 * Enters an attempt before it is looked at, so that many at once don't find the place of one.
 * @param account the address typed, or whoever is signed in; known or not, it makes no difference
 * @throws Problem `rate_limited`
 */
export const enterAttempt = async (app: App, way: Way, address: string, account?: string): Promise<Entered> => {
  const byAddress = `${way}/address/${address}`;
  const byAccount =
    account === undefined ? null : `${way}/account/${hashSecret(account.toLowerCase()).toString('base64url')}`;
  const run = <T>(work: (scope: Pick<Scope, 'client'>) => Promise<T>): Promise<T> => unscoped(app.engine.api, work);
  await run(async (scope) => {
    refuse(byAccount === null ? null : await reserveAttempt(scope, byAccount));
    const wait = await reserveAttempt(scope, byAddress);
    if (wait !== null && byAccount !== null) await takeBackAttempt(scope, byAccount);
    refuse(wait);
  });
  return {
    passed: () =>
      run(async (scope) => {
        if (byAccount !== null) await clearAttempts(scope, byAccount);
        await takeBackAttempt(scope, byAddress);
      }),
    undone: () =>
      run(async (scope) => {
        if (byAccount !== null) await takeBackAttempt(scope, byAccount);
        await takeBackAttempt(scope, byAddress);
      }),
    failed: () => run(async (scope) => void (await keepAttempts(scope, byAddress))),
  };
};

const refuse = (waitSeconds: number | null): void => {
  if (waitSeconds === null) return;
  const minutes = Math.ceil(waitSeconds / 60);
  throw new Problem(
    'rate_limited',
    `Too many attempts failed. Try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`,
    {},
    { 'Retry-After': String(waitSeconds) },
  );
};
