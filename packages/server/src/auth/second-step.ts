/** The code that follows a password or a mailed link, for whoever has an authenticator app; and the record of what failed. */
import { appendEvent, getTotp, membershipsOf, transaction, unscoped } from '@countersign/store';
import type { App } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import type { Entered, Way } from './throttle.ts';
import { takeCode } from './totp.ts';

/** Says in the workspaces of whoever it was tried as that it failed. */
export const recordFailure = async (
  app: App,
  personId: string | undefined,
  how: Way,
  why: string,
  attempt: Entered,
): Promise<unknown> => {
  const [first] = personId === undefined ? [] : await membershipsOf(app.engine.api, personId);
  if (!first || personId === undefined) return attempt.failed();
  return transaction(app.engine.api, first.workspace_id, (scope) =>
    appendEvent(scope, {
      type: 'sign_in.failed',
      subject: personId,
      actor: { kind: 'system', id: 'sign_in', name: 'Sign-in' },
      data: { how, why },
    }),
  );
};

/**
 * @returns what the code was of; null for who has no authenticator app
 * @throws Problem `second_factor_needed` without a code, or with a wrong one
 */
export const secondFactor = async (
  app: App,
  personId: string,
  code: string | undefined,
  how: Way,
  attempt: Entered,
): Promise<'totp' | 'recovery_code' | null> => {
  const { api, secrets } = app.engine;
  const totp = await unscoped(api, (scope) => getTotp(scope, personId));
  if (!totp?.confirmed_at) return null;
  if (code === undefined) {
    await attempt.undone();
    throw new Problem('second_factor_needed', 'Send the code of your authenticator app, or a recovery code, too.');
  }
  const second = await unscoped(api, (scope) => takeCode(scope, secrets, personId, code));
  if (second !== null) return second;
  await recordFailure(app, personId, how, 'code', attempt);
  throw new Problem('second_factor_needed', 'The code is wrong, or was used already.', { wrong_code: true });
};
