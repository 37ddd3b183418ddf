/** "Forgot your password?": a one-time link by mail, for whoever has an account here, without a word on whether they have. */
import { setTimeout as sleep } from 'node:timers/promises';
import { mailLink } from '@countersign/engine';
import { appendEvent, findPersonByEmail, membershipsOf, transaction, unscoped } from '@countersign/store';
import { enterAttempt } from '../auth/throttle.ts';
import type { App, FreeHandlers } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { addSignInLink } from '../setup/sign-in-link.ts';

/** The answer comes after this long, so that its time says nothing of what was found. */
const ANSWER_MS = 400;

const ACTOR = { kind: 'system', id: 'sign_in', name: 'Sign-in' } as const;

/** In the first of the person's workspaces that can send mail. */
const sendLink = async ({ engine }: App, email: string): Promise<void> => {
  const person = await unscoped(engine.api, (scope) => findPersonByEmail(scope, email.trim()));
  if (!person) return;
  const personId = person.id;
  for (const { workspace_id: workspaceId, name, email: address } of await membershipsOf(engine.api, personId)) {
    const went = await transaction(engine.api, workspaceId, async (scope) => {
      const url = await addSignInLink(scope, engine.issuer(), { workspaceId, personId, isMailed: true });
      const about = { type: 'sign_in_link.created', subject: personId, actor: ACTOR } as const;
      const sentence =
        'Somebody, you we hope, asked for a link to sign in. It works once, within an hour. If it was not you, do nothing.';
      if (!(await mailLink(engine, scope, about, { to: { name, email: address }, sentence, url, label: 'Sign in' })))
        return false;
      await appendEvent(scope, { ...about, data: { how: 'mail' } });
      return true;
    });
    if (went) return;
  }
  engine.log.warn(
    { personId },
    'nobody could be mailed a link to sign in: every workspace of theirs has its channel for mail paused or removed',
  );
};

export const mailedLinkHandlers = {
  mailSignInLink: async ({ app, body, address, json }) => {
    if (!app.engine.channels.has('email'))
      throw new Problem('invalid', 'This installation has no mail server. An owner can make you a one-time link.');
    // Each counts, whatever comes of it: nobody's mailbox is filled from here.
    const attempt = await enterAttempt(app, 'link-mail', address, body.email);
    await Promise.all([sleep(ANSWER_MS), sendLink(app, body.email)]);
    await attempt.failed();
    return json(undefined);
  },
} satisfies Partial<FreeHandlers>;
