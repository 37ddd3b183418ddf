import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { sessionQuery } from '../session.ts';
import { Mark } from '../shell/mark.tsx';
import { buttonClass } from '../ui/button.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { takeReturn } from './sso.ts';

/** Where a provider sends people back to. The page posts what came; loading it does nothing by itself. */
export const SsoCallbackPage = (): ReactNode => {
  useTitle('Signing in');
  const client = useQueryClient();
  const navigate = useNavigate();
  const started = useRef(false);
  const [error, setError] = useState<unknown>(null);
  const [isConnecting, setConnecting] = useState(false);
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    const query = location.search.slice(1);
    // The code is in no bookmark and no history.
    history.replaceState(history.state, '', location.pathname);
    const { back, purpose } = takeReturn();
    setConnecting(purpose === 'connect');
    const finish = async (): Promise<void> => {
      if (purpose === 'connect') await call('linkIdentity', { body: { query } });
      else {
        const session = await call('finishSso', { body: { query } });
        client.clear();
        client.setQueryData(sessionQuery.queryKey, session);
      }
      await navigate({ href: back, replace: true });
    };
    finish().catch(setError);
  }, [client, navigate]);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-115 flex-col justify-center gap-5 px-5 py-10">
      <Mark large />
      <h1 className="text-sentence font-semibold tracking-[-0.011em]">
        {isConnecting ? 'Connecting your account' : 'Signing in'}
      </h1>
      {error === null ? (
        <p role="status" className="text-read text-fg-2">
          What your provider said is being checked…
        </p>
      ) : (
        <>
          <Notice tone="no" alert title={isConnecting ? 'Not connected' : 'Not signed in'}>
            {errorLine(error)}
          </Notice>
          <Link to={isConnecting ? '/account' : '/sign-in'} className={`${buttonClass('outline')} self-start`}>
            {isConnecting ? 'Back to your account' : 'Back to signing in'}
          </Link>
        </>
      )}
    </main>
  );
};
