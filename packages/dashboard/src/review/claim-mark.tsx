import type { WireApprovalSummary } from '@countersign/contract';
import { Eye } from 'lucide-react';
import type { ReactNode } from 'react';
import { useServerNow } from '../live/clock.ts';
import { useSession } from '../session.ts';
import { claimNow } from './claim.ts';

/** Who is looking at it, on its row. */
export const ClaimMark = ({ claim }: { readonly claim: WireApprovalSummary['claim'] }): ReactNode => {
  const now = useServerNow();
  const me = useSession().person.id;
  const held = claimNow(claim, now);
  if (held === null) return null;
  return (
    <span
      className="inline-flex max-w-24 items-center gap-1 font-medium text-esc"
      title={`${held.name} is looking at it`}
    >
      <Eye size={12} aria-hidden="true" className="shrink-0" />
      <span className="truncate">{held.person_id === me ? 'you' : held.name}</span>
      <span className="sr-only">: looking at it</span>
    </span>
  );
};
