import type { WireOwnSession } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { deviceOf } from './device.ts';
import { sessionsQuery } from './queries.ts';
import { useAccountChange } from './use-account-change.ts';

const METHODS: Readonly<Record<WireOwnSession['method'], string>> = {
  link: 'one-time link',
  password: 'password',
  passkey: 'passkey',
  oidc: 'single sign-on',
};

const SessionRow = ({ session }: { readonly session: WireOwnSession }): ReactNode => {
  const end = useAccountChange((id: string) => call('endSession', { id }));
  const device = deviceOf(session.user_agent);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1.5 px-3.5 py-2.5">
      <span className="min-w-0 flex-1 basis-52">
        <span className="font-medium">{device}</span>
        {session.is_current && <span className="text-label text-fg-3"> · this one</span>}
        <span className="block text-label text-fg-2">
          by {METHODS[session.method]}
          {session.is_two_factor && session.method !== 'passkey' && ' with a second factor'}
          {session.address !== null && ` from ${session.address}`}
        </span>
      </span>
      <span className="text-label text-fg-2">
        signed in <Ago at={session.created_at} />
        <span className="block text-fg-3">
          used <Ago at={session.last_seen_at} />
        </span>
      </span>
      {!session.is_current && (
        <Button
          size="small"
          look="reject"
          aria-label={`End the session on ${device}`}
          busy={end.isPending}
          onClick={() => end.mutate(session.id)}
        >
          End
        </Button>
      )}
      {end.isError && (
        <p role="alert" className="basis-full text-label font-medium text-no">
          Not ended. {errorLine(end.error)}
        </p>
      )}
    </li>
  );
};

export const SessionsSection = (): ReactNode => {
  const { data, error, refetch } = useQuery(sessionsQuery);
  const endOthers = useAccountChange(() => call('endOtherSessions', {}));
  return (
    <Section
      title="Sessions"
      aside={
        data !== undefined &&
        data.length > 1 && (
          <Button size="small" look="reject" busy={endOthers.isPending} onClick={() => endOthers.mutate(undefined)}>
            End all others
          </Button>
        )
      }
    >
      {data === undefined ? (
        error === null ? (
          <Skeleton rows={2} />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <ul className="card divide-y">
          {data.map((session) => (
            <SessionRow key={session.id} session={session} />
          ))}
        </ul>
      )}
      {endOthers.isError && <Notice tone="no" alert title={`Not ended. ${errorLine(endOthers.error)}`} />}
    </Section>
  );
};
