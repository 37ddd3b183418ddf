/** When one factor is not enough, and when a person has to prove again who they are (trust.md, T35, T38, T40). */
import type { Route, WireSession } from '@countersign/contract';
import type { SessionRow } from '@countersign/store';
import { isLoopback } from '../http/origin.ts';
import { Problem } from '../http/problem.ts';

const OBLIGED = new Set(['owner', 'admin', 'approver']);
export const STEP_UP_MS = 5 * 60_000;

/** Whether the workspace demands a second factor of whoever this is: by its switch, else beyond loopback. */
const isDemanded = (session: SessionRow, publicUrl: string): boolean =>
  session.roles.some((role) => OBLIGED.has(role)) && (session.requires_second_factor ?? !isLoopback(publicUrl));

const hasSecondFactor = (session: SessionRow): boolean => session.has_passkey || session.has_totp;

export const secondFactorOf = (session: SessionRow, publicUrl: string): WireSession['second_factor'] => {
  if (session.is_two_factor) return 'given';
  if (!isDemanded(session, publicUrl)) return 'not_needed';
  return hasSecondFactor(session) ? 'needed' : 'to_enrol';
};

/** What a person can prove themselves with again. A password by itself counts while there is nothing better. */
export const waysToStepUp = (session: SessionRow): ('passkey' | 'totp' | 'password')[] => [
  ...(session.has_passkey ? (['passkey'] as const) : []),
  ...(session.has_totp ? (['totp'] as const) : []),
  ...(session.has_password && !hasSecondFactor(session) ? (['password'] as const) : []),
];

/** The one place where a route's demands on a session are enforced. @throws Problem */
export const checkSession = (route: Route, session: SessionRow, publicUrl: string): void => {
  const state = secondFactorOf(session, publicUrl);
  const isOwnAccount = route.permission === 'session';
  if (!isOwnAccount && (state === 'needed' || state === 'to_enrol'))
    throw new Problem(
      'second_factor_required',
      state === 'needed'
        ? 'Prove who you are with your second factor.'
        : 'Add a passkey or an authenticator app first.',
      { second_factor: state },
    );
  const ways = waysToStepUp(session);
  // Whoever has nothing yet must be able to begin; and on one's own machine nobody is asked for what they never set up.
  const isAsked = ways.length > 0 || (!isOwnAccount && isDemanded(session, publicUrl));
  if (route.stepUp && isAsked && !session.is_stepped_up)
    throw new Problem('step_up_required', 'This needs a fresh proof of who you are, good for five minutes.', { ways });
};
