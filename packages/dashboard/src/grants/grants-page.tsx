/** Standing permissions: what may go ahead without asking, how much of it is used, and an end to it in one tap. */
import type { WireGrant } from '@countersign/contract';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { PlainText } from '../approvals/value-text.tsx';
import { useServerNow } from '../live/clock.ts';
import { useCan } from '../session.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { shortId } from '../ui/copy.tsx';
import { Ago, Countdown } from '../ui/moment.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Skeleton, errorLine } from '../ui/states.tsx';
import { boundWords } from './bounds.ts';

const isLiveNow = (grant: WireGrant, now: number): boolean => grant.is_live && Date.parse(grant.expires_at) > now;

const Meter = ({
  used,
  most,
  words,
}: {
  readonly used: number;
  readonly most: number;
  readonly words: string;
}): ReactNode => (
  <span className="flex items-center gap-2 text-label">
    <progress
      aria-label={words}
      value={Math.min(used, most)}
      max={most}
      className="h-1.5 w-20 overflow-hidden rounded-full [&::-moz-progress-bar]:bg-fg-2 [&::-webkit-progress-bar]:bg-hover [&::-webkit-progress-value]:bg-fg-2"
    />
    <span className="text-fg-2">{words}</span>
  </span>
);

const GrantRow = ({ grant }: { readonly grant: WireGrant }): ReactNode => {
  const now = useServerNow();
  const client = useQueryClient();
  const mayRevoke = useCan('approvals:decide');
  const [tried, setTried] = useState(false);
  const revoke = useMutation({
    mutationFn: () => call('revokeGrant', { id: grant.id }),
    onSuccess: () => announce('Revoked'),
    onSettled: () => client.invalidateQueries({ queryKey: ['grants'] }),
  });
  const live = isLiveNow(grant, now);
  const { bounds, uses_max: most, total } = grant.bounds;
  return (
    <li className={clsx('flex flex-wrap items-start gap-x-5 gap-y-2 px-3.5 py-3', !live && 'text-fg-3')}>
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className={clsx('font-mono text-[13px] font-medium', !live && 'line-through')}>
            <PlainText text={grant.tool} />
          </span>
          <span className="text-label text-fg-2">{grant.agent === null ? 'any agent' : `for ${grant.agent.name}`}</span>
          {!live && (
            <span className="text-label font-medium text-off">
              {grant.revoked_at !== null
                ? 'revoked'
                : Date.parse(grant.expires_at) <= now
                  ? 'its time is over'
                  : 'used up'}
            </span>
          )}
        </p>
        <ul className="mt-1 flex flex-wrap gap-x-1.5 gap-y-1">
          {bounds.length === 0 && <li className="text-label font-medium text-wait">any arguments</li>}
          {bounds.map((bound, index) => (
            <li key={index} className="rounded-sm border px-1.5 text-label">
              <span className="font-mono">
                <PlainText text={bound.argument} />
              </span>{' '}
              <PlainText text={boundWords(bound)} />
            </li>
          ))}
        </ul>
        <p className="mt-1 text-label text-fg-3">
          by {grant.created_by.name}, <Ago at={grant.created_at} />
          {grant.approval_id !== null && (
            <>
              {' '}
              · from{' '}
              <Link
                to="/history/$id"
                params={{ id: grant.approval_id }}
                className="font-mono underline underline-offset-2"
              >
                {shortId(grant.approval_id)}
              </Link>
            </>
          )}
          {grant.reason !== null && (
            <>
              {' '}
              · “<PlainText text={grant.reason} />”
            </>
          )}
        </p>
      </div>
      <div className="flex flex-col gap-1">
        <Meter used={grant.uses} most={most} words={`${grant.uses} of ${most} ${most === 1 ? 'use' : 'uses'}`} />
        {total !== undefined && (
          <Meter
            used={grant.total}
            most={total.at_most}
            words={`${total.argument} ${grant.total} of ${total.at_most}`}
          />
        )}
        {live && <Countdown from={grant.created_at} until={grant.expires_at} />}
      </div>
      {live && mayRevoke && (
        <Button
          size="small"
          look="reject"
          busy={revoke.isPending}
          aria-label={`Revoke the grant for ${grant.tool}`}
          onClick={() => {
            setTried(true);
            revoke.mutate();
          }}
        >
          Revoke
        </Button>
      )}
      {tried && revoke.isError && (
        <p role="alert" className="w-full text-label font-medium text-no">
          Not revoked. {errorLine(revoke.error)}
        </p>
      )}
    </li>
  );
};

export const GrantsPage = (): ReactNode => {
  useTitle('Grants');
  const now = useServerNow();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['grants'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(
        'listGrants',
        { query: { limit: 100, ...(pageParam === undefined ? {} : { cursor: pageParam }) } },
        { signal },
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const grants = data?.pages.flatMap((page) => page.data);
  const live = grants?.filter((grant) => isLiveNow(grant, now)) ?? [];
  const over = grants?.filter((grant) => !isLiveNow(grant, now)) ?? [];
  return (
    <Page
      title="Grants"
      below={
        <p className="text-fg-2">
          Calls that go ahead without asking, within bounds, for a time and a number of uses. Given from a request; a
          rule that denies wins over them.
        </p>
      }
    >
      {grants === undefined &&
        (error === null ? (
          <Skeleton rows={3} className="h-18" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {grants?.length === 0 && <Empty title="No grant">A reviewer gives one from “More” beneath a request.</Empty>}
      {grants !== undefined && grants.length > 0 && (
        <>
          <p className="text-label text-fg-2" aria-live="polite">
            {live.length} {live.length === 1 ? 'holds' : 'hold'} now{hasNextPage && ', of those shown'}
          </p>
          {live.length > 0 && (
            <ul className="card divide-y">
              {live.map((grant) => (
                <GrantRow key={grant.id} grant={grant} />
              ))}
            </ul>
          )}
          {over.length > 0 && (
            <>
              <h2 className="-mb-3 font-semibold">Over</h2>
              <ul className="card divide-y">
                {over.map((grant) => (
                  <GrantRow key={grant.id} grant={grant} />
                ))}
              </ul>
            </>
          )}
          {hasNextPage && (
            <Button className="self-center" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Show more
            </Button>
          )}
        </>
      )}
    </Page>
  );
};
