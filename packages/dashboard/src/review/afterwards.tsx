/** After its time: what came too late, and how to take the request up again. */
import type { WireApproval } from '@countersign/contract';
import { Link, useNavigate } from '@tanstack/react-router';
import { RotateCcw } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { call } from '../api.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { newIdempotencyKey } from '../idempotency.ts';
import { Button } from '../ui/button.tsx';
import { shortId } from '../ui/copy.tsx';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { useApprovalAction } from './actions.ts';

export const LateAnswers = ({ approval }: { readonly approval: WireApproval }): ReactNode =>
  approval.late_answers.length === 0 ? null : (
    <Section title="Answers that came too late" aside="kept for the record; they do not count">
      <ul className="card divide-y">
        {approval.late_answers.map((late, index) => (
          <li key={index} className="px-3.5 py-2">
            <span className="font-medium">
              <PlainText text={late.person.name} />
            </span>{' '}
            would have {late.vote} it
            <span className="text-label text-fg-3">
              {' '}
              · <Ago at={late.at} />
            </span>
            {late.reason !== null && (
              <span className="block text-fg-2">
                “<PlainText text={late.reason} />”
              </span>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );

export const ReopenedFrom = ({ approval }: { readonly approval: WireApproval }): ReactNode =>
  approval.reopened_from === null ? null : (
    <p className="text-label text-fg-2">
      Taken up again from{' '}
      <Link
        to="/history/$id"
        params={{ id: approval.reopened_from }}
        className="font-mono underline underline-offset-2"
      >
        {shortId(approval.reopened_from)}
      </Link>
      , whose time had ended.
    </p>
  );

/** A fresh request about the same content; the one that expired stays as it ended. */
export const Reopen = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const navigate = useNavigate();
  const key = useRef(newIdempotencyKey());
  const reopen = useApprovalAction(
    approval.id,
    async () => {
      const fresh = await call('reopenApproval', { id: approval.id }, { idempotencyKey: key.current });
      await navigate({ to: '/inbox/$id', params: { id: fresh.id }, search: {} });
      return fresh;
    },
    'Taken up again',
  );
  if (approval.status !== 'expired') return null;
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button
        busy={reopen.isPending}
        blockedBecause={approval.can.reopen.ok ? null : (approval.can.reopen.why ?? 'It can not be taken up again')}
        onClick={() => reopen.mutate(undefined)}
      >
        <RotateCcw size={14} aria-hidden="true" /> Take it up again
      </Button>
      <span className="flex-1 text-label text-fg-2">
        {approval.can.reopen.ok ? 'Asks anew about exactly this content.' : approval.can.reopen.why}
      </span>
      {reopen.isError && <Notice tone="no" alert title={`Not taken up. ${errorLine(reopen.error)}`} />}
    </div>
  );
};
