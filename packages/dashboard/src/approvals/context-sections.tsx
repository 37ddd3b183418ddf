/** Why it is asked, and what else there is to know; facts first, the agent's own words after them and marked as such. */
import type { WireApproval } from '@countersign/contract';
import { ChevronRight, CircleHelp, PanelRight } from 'lucide-react';
import { type ReactNode, Suspense, lazy, useState } from 'react';
import { PolicyLine } from '../review/policy-line.tsx';
import { Section } from '../ui/page.tsx';
import { asText } from '../review/seen.ts';
import { ArgumentsTable } from './arguments-table.tsx';
import { claimFold } from './fold.ts';
import { ResultText } from './result-text.tsx';
import { PlainText, ValueText } from './value-text.tsx';

const EvidenceSheet = lazy(async () => ({ default: (await import('../review/evidence-sheet.tsx')).EvidenceSheet }));

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

export const WhyAsked = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const limits = [
    ...new Set(
      [approval.can.approve, approval.can.reject].flatMap((can) => (can.ok || can.why === null ? [] : [can.why])),
    ),
  ];
  return (
    <Section title="Why you are asked">
      <p>
        <PlainText text={`${capital(approval.gate_reason).replace(/\.$/, '')}.`} />
      </p>
      <PolicyLine approval={approval} />
      <p className="text-fg-2">
        Asked by{' '}
        <span className="font-medium text-fg">
          <PlainText text={approval.requested_by.name} />
        </span>
        {approval.requested_by.kind !== 'person' &&
          ` (${approval.requested_by.kind === 'key' ? 'API key' : approval.requested_by.kind})`}
        .
      </p>
      {approval.status === 'pending' &&
        limits.map((why) => (
          <p key={why} className="font-medium text-wait">
            {capital(why)}
          </p>
        ))}
    </Section>
  );
};

const Unverified = ({ words }: { readonly words: string }): ReactNode => (
  <span className="inline-flex items-center gap-1.5">
    <CircleHelp size={14} aria-hidden="true" />
    {words}
  </span>
);

export const Explanation = ({ approval }: { readonly approval: WireApproval }): ReactNode =>
  approval.explanation === null ? null : (
    <Section title="Agent’s explanation" aside={<Unverified words="written by the agent, not checked" />}>
      <blockquote className="rounded-lg border border-dashed border-line-2 px-3.5 py-2.5 text-fg-2">
        <ValueText text={approval.explanation} fold={claimFold} />
      </blockquote>
    </Section>
  );

export const LedHere = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  if (approval.input === null) return null;
  const text = asText(approval.input);
  return (
    <Section title="Input that led here">
      <div
        className={
          typeof approval.input === 'string' ? 'card px-3.5 py-2.5' : 'card px-3.5 py-2.5 font-mono text-[13px]'
        }
      >
        <ValueText text={text} />
      </div>
    </Section>
  );
};

export const EvidenceList = ({ approval: { evidence } }: { readonly approval: WireApproval }): ReactNode => {
  const [open, setOpen] = useState<number | null>(null);
  if (evidence.length === 0) return null;
  return (
    <Section title="Evidence" aside={<Unverified words="given by who asked, not verified" />}>
      <ul className="card divide-y">
        {evidence.map((item, index) => (
          <li key={index} className="px-3.5 py-2.5">
            <p className="flex flex-wrap items-center justify-between gap-x-3">
              <span className="font-medium">
                <PlainText text={item.label} />
              </span>
              {item.source !== undefined && (
                <span className="font-mono text-label text-fg-3 [overflow-wrap:anywhere]">
                  <PlainText text={item.source} />
                </span>
              )}
              <button
                type="button"
                aria-haspopup="dialog"
                aria-label={`Open beside: evidence ${index + 1}`}
                onClick={() => setOpen(index)}
                className="ml-auto inline-flex min-h-6 items-center gap-1 rounded-sm text-label font-medium text-accent underline underline-offset-2 pointer-coarse:min-h-11"
              >
                <PanelRight size={13} aria-hidden="true" /> Open beside
              </button>
            </p>
            <div className="mt-1 text-fg-2">
              <ValueText text={item.content} />
            </div>
          </li>
        ))}
      </ul>
      {open !== null && (
        <Suspense fallback={null}>
          <EvidenceSheet evidence={evidence} index={open} onGo={setOpen} onClose={() => setOpen(null)} />
        </Suspense>
      )}
    </Section>
  );
};

const STEP_WORDS: Readonly<Record<string, string>> = {
  completed: 'ran',
  failed: 'failed',
  refused: 'refused',
  rejected: 'rejected',
  awaiting_approval: 'waits',
};

export const EarlierSteps = ({ approval }: { readonly approval: WireApproval }): ReactNode =>
  approval.earlier_steps.length === 0 ? null : (
    <Section title="Earlier steps" aside={`${approval.earlier_steps.length} before this`}>
      <ul className="card divide-y">
        {approval.earlier_steps.map((step) => (
          <li key={step.step_id}>
            <details className="group px-3.5">
              <summary className="flex min-h-10 list-none items-center gap-2 pointer-coarse:min-h-12">
                <ChevronRight
                  size={14}
                  aria-hidden="true"
                  className="shrink-0 text-fg-3 transition-transform duration-100 group-open:rotate-90"
                />
                <span className="min-w-0 flex-1 truncate font-mono text-[13px]">{step.tool}</span>
                <span className="text-label text-fg-3">{STEP_WORDS[step.status] ?? step.status}</span>
              </summary>
              <div className="flex flex-col gap-2 pb-3 pl-5 font-mono text-[13px] leading-5">
                {step.arguments !== null && (
                  <div>
                    <p className="font-sans text-label text-fg-3">Arguments</p>
                    <ValueText text={JSON.stringify(step.arguments, null, 2)} />
                  </div>
                )}
                {step.result !== null && (
                  <div>
                    <p className="font-sans text-label text-fg-3">Result</p>
                    <ResultText text={step.result} />
                  </div>
                )}
              </div>
            </details>
          </li>
        ))}
      </ul>
    </Section>
  );

export const Metadata = ({ approval }: { readonly approval: WireApproval }): ReactNode =>
  Object.keys(approval.metadata).length === 0 ? null : (
    <Section title="Metadata" aside={<Unverified words="given by who asked" />}>
      <ArgumentsTable value={approval.metadata} schema={null} />
    </Section>
  );
