import type { WireApproval } from '@countersign/contract';
import { Eye, Hand, Users } from 'lucide-react';
import type { ReactNode } from 'react';
import { call } from '../api.ts';
import type { Readers } from '../approvals/use-note-seen.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { useHotkey } from '../keys/hotkeys.ts';
import { useServerNow } from '../live/clock.ts';
import { formatMoment } from '../live/time.ts';
import { useSession } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { errorLine } from '../ui/states.tsx';
import { useApprovalAction, whyNot } from './actions.ts';
import { claimNow } from './claim.ts';

/** "Ana", "Ana and Jo", "Ana and 3 others": who has it open besides oneself. */
const Names = ({ readers: [first, second, ...rest] }: { readonly readers: Readers }): ReactNode => (
  <span className="font-semibold text-fg">
    <PlainText text={first?.name ?? ''} brief />
    {second !== undefined && ' and '}
    {second !== undefined && (rest.length > 0 ? `${rest.length + 1} others` : <PlainText text={second.name} brief />)}
  </span>
);

const NobodyClaimed = ({ readers }: { readonly readers: Readers }): ReactNode =>
  readers.length === 0 ? (
    <span className="flex-1">Nobody has claimed it. A claim keeps others from deciding for a quarter of an hour.</span>
  ) : (
    <span className="flex-1">
      <Users size={13} aria-hidden="true" className="mr-1.5 inline align-[-2px] text-esc" />
      <Names readers={readers} /> {readers.length === 1 ? 'has' : 'have'} it open too. A claim keeps others from
      deciding for a quarter of an hour.
    </span>
  );

type ClaimBannerProps = {
  readonly approval: WireApproval;
  /** Who else has it open. */
  readonly readers: Readers;
};

/** Who is looking at it. While somebody has claimed it, others wait; anybody who could decide may take it over, openly. */
export const ClaimBanner = ({ approval, readers }: ClaimBannerProps): ReactNode => {
  const now = useServerNow();
  const me = useSession().person.id;
  const claim = claimNow(approval.claim, now);
  const mine = claim?.person_id === me;
  const take = useApprovalAction(
    approval.id,
    (force: boolean) => call('claimApproval', { id: approval.id, body: { force } }),
    'You are looking at it now; others wait',
  );
  const give = useApprovalAction(approval.id, () => call('releaseApproval', { id: approval.id }), 'Released');
  const blocked = whyNot(approval.can.claim);
  const mayTakeOver = claim !== null && !mine && approval.can.reassign.ok;
  useHotkey({
    keys: ['l'],
    label: mine ? 'Release the claim' : 'Claim, so that others wait',
    group: 'Decision',
    run: () => {
      if (mine) give.mutate(undefined);
      else if (blocked === null) take.mutate(false);
    },
  });
  const error = take.error ?? give.error;
  const failed = error !== null && (
    <span role="alert" className="w-full text-label font-medium text-no">
      {errorLine(error)}
    </span>
  );
  if (claim === null)
    return blocked !== null ? null : (
      <div className="-mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-label text-fg-2">
        <NobodyClaimed readers={readers} />
        <Button size="small" shortcut="l" busy={take.isPending} onClick={() => take.mutate(false)}>
          <Hand size={13} aria-hidden="true" /> Claim
        </Button>
        {failed}
      </div>
    );
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 rounded-lg border border-esc-line bg-esc-tint px-3.5 py-2">
      <Eye size={16} aria-hidden="true" className="shrink-0 text-esc" />
      <p className="min-w-0 flex-1">
        <span className="font-semibold">
          {mine ? (
            'You are looking at this'
          ) : (
            <>
              <PlainText text={claim.name} /> is looking at this
            </>
          )}
        </span>
        <span className="text-fg-2">
          {' '}
          until {formatMoment(claim.until, now)}. {mine ? 'Others wait.' : 'Until then it is theirs to decide.'}
        </span>
      </p>
      {mine && (
        <Button size="small" shortcut="l" busy={give.isPending} onClick={() => give.mutate(undefined)}>
          Release
        </Button>
      )}
      {mayTakeOver && (
        <Button size="small" busy={take.isPending} onClick={() => take.mutate(true)}>
          Take over
        </Button>
      )}
      {failed}
    </div>
  );
};
