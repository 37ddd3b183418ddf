import type { WireApiKey } from '@countersign/contract';
import { GOVERNING_SCOPES } from '@countersign/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { agentsQuery } from '../agents/queries.ts';
import { useServerNow } from '../live/clock.ts';
import { formatExact } from '../live/time.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { Button } from '../ui/button.tsx';
import { Ago } from '../ui/moment.tsx';
import { SCOPE_SENTENCES } from './scopes.ts';

const DAY_MS = 86_400_000;
/** Time enough to rotate before a program is refused. */
const SOON_MS = 14 * DAY_MS;

const kindOf = ({ kind, scopes }: WireApiKey): string => {
  if (kind === 'agent') return 'asks';
  if (kind === 'reviewer') return 'decides';
  return scopes.some((scope) => GOVERNING_SCOPES.includes(scope)) ? 'governs' : 'only reads';
};

type State = 'active' | 'revoked' | 'expired';

const stateOf = (key: WireApiKey, now: number): State => {
  if (key.revoked_at !== null) return 'revoked';
  return key.expires_at !== null && Date.parse(key.expires_at) <= now ? 'expired' : 'active';
};

const day = (iso: string): string =>
  new Date(iso).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

const End = ({ apiKey, now }: { readonly apiKey: WireApiKey; readonly now: number }): ReactNode => {
  const { revoked_at: revokedAt, expires_at: expiresAt } = apiKey;
  if (revokedAt !== null)
    return (
      <>
        revoked <Ago at={revokedAt} />
      </>
    );
  if (expiresAt === null) return 'no end';
  const left = Date.parse(expiresAt) - now;
  const date = (
    <time dateTime={expiresAt} title={formatExact(expiresAt)}>
      {day(expiresAt)}
    </time>
  );
  if (left <= 0) return <>ended {date}</>;
  if (left > SOON_MS) return <>until {date}</>;
  const days = Math.ceil(left / DAY_MS);
  return (
    <span className="font-semibold text-wait">
      ends in {days} {days === 1 ? 'day' : 'days'}, {date}
    </span>
  );
};

const Limits = ({ apiKey }: { readonly apiKey: WireApiKey }): ReactNode => {
  const agents = useQuery(agentsQuery).data;
  const nameOf = (agent: string): string => agents?.find(({ id }) => id === agent)?.name ?? agent;
  const limits = [
    { label: 'from', values: apiKey.networks },
    { label: 'agents', values: apiKey.agents?.map(nameOf) ?? null },
    { label: 'tools', values: apiKey.tools },
  ].filter(({ values }) => values !== null);
  if (limits.length === 0) return null;
  return (
    <p className="text-label text-fg-2">
      Only{' '}
      {limits.map(({ label, values }, index) => (
        <span key={label}>
          {index > 0 && '; '}
          {label} <span className="font-mono text-fg [overflow-wrap:anywhere]">{values?.join(', ')}</span>
        </span>
      ))}
      .
    </p>
  );
};

/** As many as fit a line; the others open. */
const SHOWN = 2;

const Scopes = ({ scopes }: Pick<WireApiKey, 'scopes'>): ReactNode => {
  const words = scopes.map((scope) => SCOPE_SENTENCES[scope]);
  const rest = words.slice(SHOWN);
  // One alone is as long as the line that would hide it.
  if (rest.length < 2) return <p className="text-label text-fg-2">Can {words.join('; ')}.</p>;
  return (
    <details className="text-label text-fg-2">
      <summary className="cursor-pointer pointer-coarse:min-h-11">
        Can {words.slice(0, SHOWN).join('; ')};{' '}
        <span className="underline underline-offset-2">and {rest.length} more</span>
      </summary>
      <ul className="mt-1 ml-4 list-disc">
        {rest.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </details>
  );
};

type KeyRowProps = {
  readonly apiKey: WireApiKey;
  /** `null`: not theirs to do, so there is no button that would be refused. */
  readonly onRotate: (() => void) | null;
  readonly onRevoke: (() => void) | null;
};

export const KeyRow = ({ apiKey, onRotate, onRevoke }: KeyRowProps): ReactNode => {
  const now = useServerNow();
  const state = stateOf(apiKey, now);
  const overlaps =
    state === 'active' && apiKey.previous_until !== null && Date.parse(apiKey.previous_until) > now
      ? apiKey.previous_until
      : null;
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-1.5 px-3.5 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className={state === 'active' ? 'font-medium' : 'font-medium text-fg-3 line-through'}>
            <PlainText text={apiKey.name} brief />
          </span>
          <span className="font-mono text-label text-fg-2">{apiKey.prefix}…</span>
          <span className="rounded-full border border-line-2 px-1.5 text-meta text-fg-2">{kindOf(apiKey)}</span>
          {state !== 'active' && <span className="text-label font-medium text-off">{state}</span>}
        </p>
        <Scopes scopes={apiKey.scopes} />
        <Limits apiKey={apiKey} />
        {overlaps !== null && (
          <p className="text-label font-medium text-wait">
            The secret before is good until <time dateTime={overlaps}>{formatExact(overlaps)}</time>.
          </p>
        )}
      </div>
      <p className="text-label text-fg-2 phone:text-right">
        {apiKey.last_used_at === null ? (
          'Never used'
        ) : (
          <>
            Used <Ago at={apiKey.last_used_at} />
            {apiKey.last_used_address !== null && (
              <>
                {' from '}
                <span className="font-mono">{apiKey.last_used_address}</span>
              </>
            )}
          </>
        )}
        <span className="block text-fg-3">
          <End apiKey={apiKey} now={now} />
          {' · '}
          <PlainText text={apiKey.owner.name} brief />
        </span>
      </p>
      {state === 'active' && (onRotate !== null || onRevoke !== null) && (
        <span className="flex gap-2">
          {onRotate !== null && (
            <Button size="small" aria-label={`Rotate ${apiKey.name}`} onClick={onRotate}>
              Rotate
            </Button>
          )}
          {onRevoke !== null && (
            <Button size="small" look="reject" aria-label={`Revoke ${apiKey.name}`} onClick={onRevoke}>
              Revoke
            </Button>
          )}
        </span>
      )}
    </li>
  );
};
