import type { WireSession } from '@countersign/contract';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Terminal } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { Unreachable, call, isProblem } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { sessionQuery } from '../session.ts';
import { Mark } from '../shell/mark.tsx';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Notice } from '../ui/states.tsx';
import { ForgotPassword, LinkCode } from './mailed-link.tsx';
import { OtherWays } from './other-ways.tsx';
import { PasswordForm } from './password-form.tsx';

const COMMAND = 'countersign sign-in-link --email you@example.com';

/** The one-time token stands behind the `#`, which browsers do not send: it never reaches a log. */
const tokenFromAddress = (): string | null => new URLSearchParams(location.hash.slice(1)).get('token');

/** `code`: the link is good, and wants the code of the authenticator app. */
type State = 'asking' | 'code' | 'signing-in' | 'refused' | 'unreachable';

export const SignInPage = (): ReactNode => {
  useTitle('Sign in');
  const client = useQueryClient();
  const navigate = useNavigate();
  const { return: back = '/inbox' } = useSearch({ from: '/sign-in' });
  const [token] = useState(tokenFromAddress);
  const [state, setState] = useState<State>(token === null ? 'asking' : 'signing-in');
  const started = useRef(false);

  const enter = useCallback(
    async (session: WireSession) => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
      // Whoever has nothing to come back with is led there first; on one's own machine the next start prints a new link.
      const isFirst = session.signs_in_with.length === 0 && !isLoopback(location.hostname);
      await navigate({ href: isFirst ? '/account' : back, replace: true });
    },
    [client, navigate, back],
  );

  const signIn = useCallback(
    async (secret: string) => {
      setState('signing-in');
      try {
        await enter(await call('signIn', { body: { token: secret } }));
      } catch (error) {
        if (isProblem(error, 'second_factor_needed')) return setState('code');
        setState(error instanceof Unreachable ? 'unreachable' : 'refused');
      }
    },
    [enter],
  );

  useEffect(() => {
    if (token === null || started.current) return;
    started.current = true;
    // Taken out of the address at once, so that it is in no bookmark and no copied link.
    history.replaceState(history.state, '', `${location.pathname}${location.search}`);
    void signIn(token);
  }, [token, signIn]);

  // The link is often opened in another tab: this one goes on by itself when it is looked at again.
  useEffect(() => {
    if (state === 'signing-in' || state === 'code') return undefined;
    const look = (): void => {
      if (document.visibilityState !== 'visible') return;
      call('getSession', {})
        .then(enter)
        .catch(() => undefined);
    };
    addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      removeEventListener('focus', look);
      document.removeEventListener('visibilitychange', look);
    };
  }, [state, enter]);

  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-115 flex-col justify-center gap-5 px-5 py-10">
      <Mark large />
      <h1 className="text-sentence font-semibold tracking-[-0.011em]">
        {state === 'signing-in' ? 'Signing in' : 'Sign in'}
      </h1>
      {state === 'signing-in' && (
        <p role="status" className="text-read text-fg-2">
          Your link is being checked…
        </p>
      )}
      {state === 'refused' && (
        <Notice tone="no" alert title="This link does not work any more">
          It was used already, or its time is over. A link works once.
        </Notice>
      )}
      {state === 'unreachable' && (
        <Notice tone="wait" alert title="The server could not be reached">
          The link was not used up by this.{' '}
          <Button size="small" className="mt-2 flex" onClick={() => token !== null && void signIn(token)}>
            Try again
          </Button>
        </Notice>
      )}
      {state === 'code' && token !== null && (
        <LinkCode token={token} onSession={(session) => void enter(session)} onRefused={() => setState('refused')} />
      )}
      {state !== 'signing-in' && state !== 'code' && (
        <>
          {back !== '/inbox' && (
            <p className="text-read text-fg-2">
              You are not signed in, or your session has ended. You come back to where you were.
            </p>
          )}
          <OtherWays back={back} onSession={(session) => void enter(session)} />
          <PasswordForm onSession={(session) => void enter(session)} />
          <ForgotPassword />
          <LinkHelp open={state === 'refused'} />
        </>
      )}
    </main>
  );
};

const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

const LinkHelp = ({ open }: { readonly open: boolean }): ReactNode => (
  <details open={open} className="border-t pt-4 text-fg-2">
    <summary className="font-medium">First time here, or locked out?</summary>
    <div className="mt-2 flex flex-col gap-2.5">
      <p>An owner can make you a one-time link. Whoever runs this server gets one with</p>
      <div className="flex items-center gap-2.5 rounded-md border border-line-2 bg-sunken px-3 py-2.5">
        <Terminal size={16} aria-hidden="true" className="shrink-0 text-fg-3" />
        <code className="min-w-0 flex-1 text-[13px] break-words text-fg">{COMMAND}</code>
        <CopyButton text={COMMAND} label="Copy the command" />
      </div>
      {isLoopback(location.hostname) && <p>In development, a restart of the server prints a new one.</p>}
    </div>
  </details>
);
