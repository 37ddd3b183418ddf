import type { WireApproval } from '@countersign/contract';
import { type JsonDifference, type JsonObject, diffJson, isObject } from '@countersign/core';
import { Pencil, ShieldAlert, ShieldCheck } from 'lucide-react';
import { type ReactNode, Suspense, lazy, useMemo, useState } from 'react';
import { useHotkey } from '../keys/hotkeys.ts';
import { CompareNote, CompareToggle } from '../review/compare.tsx';
import { asText } from '../review/seen.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Section } from '../ui/page.tsx';
import { Notice, Skeleton } from '../ui/states.tsx';
import { Tip } from '../ui/tooltip.tsx';
import { ArgumentsTable, Change, changesByPointer } from './arguments-table.tsx';
import { isWhatDigestCovers } from './digest-check.ts';
import { type Decision, contentOf } from './use-decision.ts';
import { ValueText } from './value-text.tsx';

const PlanTable = lazy(async () => ({ default: (await import('./plan-section.tsx')).PlanTable }));
const PlanEditor = lazy(async () => ({ default: (await import('./plan-editor.tsx')).PlanEditor }));
const SchemaForm = lazy(async () => ({ default: (await import('../schema-form/schema-form.tsx')).SchemaForm }));

/** The digest of exactly what is approved, as recomputed in this browser. */
const DigestStamp = ({
  approval,
  matches,
}: {
  readonly approval: WireApproval;
  readonly matches: boolean;
}): ReactNode => (
  <span className="inline-flex items-center gap-1.5">
    <Tip
      text={
        matches
          ? 'This browser computed the same digest from what it shows'
          : 'This browser computes another digest from what it shows'
      }
    >
      <span tabIndex={0} className="inline-flex items-center gap-1.5 rounded-sm">
        {matches ? (
          <ShieldCheck size={14} aria-hidden="true" className="text-ok" />
        ) : (
          <ShieldAlert size={14} aria-hidden="true" className="text-no" />
        )}
        <span className="hidden phone:inline">from the exact {approval.kind === 'output' ? 'output' : 'call'} ·</span>
        <span className="font-mono">sha256 {approval.digest.replace(/^sha256:/, '').slice(0, 8)}</span>
      </span>
    </Tip>
    <CopyButton text={approval.digest} label="Copy the whole digest" />
  </span>
);

/** An output, exactly as it would leave: a text as text, anything else as JSON. */
const Output = ({
  value,
  changes,
}: {
  readonly value: WireApproval['output'];
  readonly changes: readonly JsonDifference[];
}): ReactNode => {
  const [only] = changes;
  return (
    <div className="card px-3.5 py-3 font-mono text-[13.5px] leading-5">
      {changes.length === 1 && only?.pointer === '' ? <Change change={only} /> : <ValueText text={asText(value)} />}
    </div>
  );
};

type ContentProps = { readonly approval: WireApproval; readonly decision: Decision | null };

/** What is approved: the call's arguments or the output; as asked, as edited, or in the form that edits it. */
export const ContentSection = ({ approval, decision }: ContentProps): ReactNode => {
  const isOutput = approval.kind === 'output';
  const matches = useMemo(() => isWhatDigestCovers(approval), [approval]);
  const content = contentOf(approval);
  const [comparing, setComparing] = useState(true);
  const baseline = approval.status === 'pending' && decision?.edited === undefined ? approval.baseline : null;
  const compared = baseline !== null && comparing;
  useHotkey(
    baseline === null
      ? null
      : {
          keys: ['d'],
          label: 'Compare with the last approved, on or off',
          group: 'Decision',
          run: () => setComparing(!comparing),
        },
  );
  const editing = decision?.phase === 'editing';
  // Of a decided one, the difference between what was asked for and what the decider made of it.
  const recorded = useMemo(() => {
    if (approval.original === null) return [];
    return isOutput
      ? diffJson(approval.original.output, approval.output)
      : diffJson(approval.original.arguments ?? {}, approval.arguments ?? {});
  }, [approval, isOutput]);
  const changes =
    decision?.edited !== undefined
      ? decision.changes
      : compared
        ? ((baseline?.differences ?? []) as readonly JsonDifference[])
        : recorded;
  const shown = decision?.edited ?? content;
  const schema: JsonObject | null = isOutput ? null : approval.arguments_schema;
  const title = approval.plan ? 'Plan' : isOutput ? 'Output' : approval.tool === null ? 'Details' : 'Arguments';
  // While it is edited, what changes is what counts; once decided, what is in force is.
  const asPlan = approval.plan !== null && (changes.length === 0 || decision === null);
  const Editor = approval.plan === null ? SchemaForm : PlanEditor;
  const editBlocked = decision?.blocked.edit ?? null;
  // Without arguments there is nothing to edit, and a form of nothing would only confuse.
  if (!isOutput && approval.arguments === null)
    return (
      <Section title="What is asked for" aside={<DigestStamp approval={approval} matches={matches} />}>
        <p className="card px-3.5 py-2.5">
          <ValueText text={approval.title} />
        </p>
      </Section>
    );
  return (
    <Section
      title={
        <span className="flex flex-wrap items-baseline gap-x-2">
          {title}
          {approval.tool !== null && approval.plan === null && (
            <span className="font-mono text-label font-normal text-fg-2">{approval.tool}</span>
          )}
        </span>
      }
      aside={
        <>
          <DigestStamp approval={approval} matches={matches} />
          {baseline !== null && !editing && <CompareToggle on={comparing} onChange={setComparing} />}
          {decision !== null && !editing && (approval.kind === 'tool_call' || isOutput) && (
            <Button
              size="small"
              look="ghost"
              shortcut="e"
              blockedBecause={editBlocked}
              onClick={() => decision.setPhase('editing')}
              className="-mr-2"
            >
              <Pencil size={13} aria-hidden="true" /> Edit
            </Button>
          )}
        </>
      }
    >
      {!matches && (
        <Notice tone="no" alert title="What is shown does not match its digest">
          It can't be approved here. Reload; if it stays, tell whoever runs this server.
        </Notice>
      )}
      {editing ? (
        <Suspense fallback={<Skeleton rows={3} />}>
          <Editor schema={schema} value={shown} onChange={decision.setEdited} onFaultCount={decision.setFaultCount} />
        </Suspense>
      ) : isOutput ? (
        <Output value={shown} changes={changes} />
      ) : (
        <>
          {asPlan && approval.plan !== null && (
            <Suspense fallback={<Skeleton rows={3} />}>
              <PlanTable approval={approval} plan={approval.plan} />
            </Suspense>
          )}
          {(!asPlan || changes.length > 0) && (
            <ArgumentsTable
              value={isObject(shown) ? shown : {}}
              schema={schema}
              changes={changesByPointer(changes)}
              flags={decision?.edited === undefined ? approval.flags : []}
              points={decision?.points ?? null}
              compared={compared}
            />
          )}
        </>
      )}
      {!editing && !isOutput && approval.plan === null && <CompareNote approval={approval} compared={compared} />}
      {!editing && !compared && changes.length > 0 && (
        <p className="text-label text-fg-2">
          {decision === null || decision.edited === undefined
            ? 'Struck: as the agent asked. Underlined: as it was approved.'
            : 'Struck: as the agent asked. Underlined: as you would approve it.'}
        </p>
      )}
    </Section>
  );
};
