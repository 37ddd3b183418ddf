/** One call of the agent, in a line: what became of it, and who had a say. */
import type { WireApprovalSummary, WireStep } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { Ban, Check, CircleAlert, Clock, Loader, type LucideIcon, UserCheck, UserX } from 'lucide-react';
import type { ReactNode } from 'react';
import { PlainText, ValueText } from '../approvals/value-text.tsx';

type Told = { readonly icon: LucideIcon; readonly tone: string; readonly words: ReactNode };

const byWhom = (approval: WireApprovalSummary | undefined): ReactNode =>
  approval?.decision ? (
    <span className="font-medium text-fg">
      <PlainText text={approval.decision.by.name} brief />
    </span>
  ) : (
    'a reviewer'
  );

const toldOf = (step: WireStep, approval: WireApprovalSummary | undefined): Told => {
  switch (step.status) {
    case 'ready':
    case 'running':
    case 'waiting':
      return { icon: Loader, tone: 'text-fg-3', words: 'runs' };
    case 'awaiting_approval':
      return { icon: Clock, tone: 'text-wait', words: 'waits for a decision' };
    case 'completed': {
      if (step.is_error) return { icon: CircleAlert, tone: 'text-no', words: 'answered with an error' };
      if (approval === undefined) return { icon: Check, tone: 'text-ok', words: 'ran without asking' };
      return {
        icon: UserCheck,
        tone: 'text-ok',
        words: (
          <>
            ran; {step.original_arguments === null ? 'approved' : 'edited and approved'} by {byWhom(approval)}
          </>
        ),
      };
    }
    case 'refused':
      return {
        icon: Ban,
        tone: 'text-no',
        words: (
          <>
            did not run: <PlainText text={step.gate?.reason ?? 'it could not be called so'} brief />
          </>
        ),
      };
    case 'rejected':
      return {
        icon: UserX,
        tone: 'text-no',
        words: (
          <>
            did not run; rejected by {byWhom(approval)}
            {approval?.decision?.reason && (
              <>
                : “<PlainText text={approval.decision.reason} />”
              </>
            )}
          </>
        ),
      };
    case 'expired':
      return { icon: Clock, tone: 'text-off', words: 'did not run: nobody decided in time' };
    case 'cancelled':
      return { icon: Ban, tone: 'text-off', words: 'was cancelled' };
    case 'failed':
      return { icon: CircleAlert, tone: 'text-no', words: step.error?.message ?? 'failed' };
  }
};

const Part = ({ name, text }: { readonly name: string; readonly text: string }): ReactNode => (
  <div>
    <p className="text-meta text-fg-3">{name}</p>
    <div className="font-mono text-[12.5px] leading-4.5">
      <ValueText text={text} />
    </div>
  </div>
);

type LineProps = { readonly step: WireStep; readonly approval: WireApprovalSummary | undefined };

export const ToolLine = ({ step, approval }: LineProps): ReactNode => {
  const { icon: Icon, tone, words } = toldOf(step, approval);
  return (
    <details className="group rounded-md border bg-sunken text-label text-fg-2">
      <summary className="flex min-h-8 cursor-default list-none flex-wrap items-center gap-x-2 px-2.5 py-1 hover:bg-hover pointer-coarse:min-h-11">
        <Icon size={14} aria-hidden="true" className={clsx('shrink-0', tone)} />
        <span className="font-mono font-medium text-fg [overflow-wrap:anywhere]">{step.tool}</span>
        <span className="min-w-0">{words}</span>
      </summary>
      <div className="flex flex-col gap-2 border-t px-2.5 py-2">
        {step.original_arguments !== null && (
          <Part name="As the agent asked" text={JSON.stringify(step.original_arguments, null, 2)} />
        )}
        {step.arguments !== null && (
          <Part
            name={step.original_arguments === null ? 'Arguments' : 'As it was approved'}
            text={JSON.stringify(step.arguments, null, 2)}
          />
        )}
        {step.result !== null && <Part name="What the agent was told" text={step.result} />}
        {step.approval_id !== null && (
          <Link
            to="/history/$id"
            params={{ id: step.approval_id }}
            className="text-accent underline underline-offset-2"
          >
            The request and its decision
          </Link>
        )}
      </div>
    </details>
  );
};
