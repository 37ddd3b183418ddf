/** The chosen rows, shown whole with what would run, and then decided in one call. */
import { useQueries } from '@tanstack/react-query';
import { Check, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { ArgumentsTable } from '../approvals/arguments-table.tsx';
import { approvalQuery } from '../approvals/queries.ts';
import { PlainText, ValueText } from '../approvals/value-text.tsx';
import { SeenContext, asText, foldedContent, foldsWords, useSeen } from '../review/seen.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextArea } from '../ui/field.tsx';
import { PriorityMark } from '../ui/glyphs.tsx';
import { Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { OutcomeList } from './outcome-list.tsx';
import { useBulk } from './use-bulk.ts';

type DialogProps = { readonly ids: readonly string[]; readonly onClose: () => void; readonly onDone: () => void };

export const SelectionDialog = ({ ids, onClose, onDone }: DialogProps): ReactNode => {
  // Each is asked for whole: the digest that a decision names has to be of what is shown here.
  const queries = useQueries({ queries: ids.map((id) => approvalQuery(id)) });
  const loaded = queries.flatMap(({ data }) => (data === undefined ? [] : [data]));
  const [reason, setReason] = useState('');
  const [asked, setAsked] = useState<'approved' | 'rejected'>('approved');
  const bulk = useBulk();
  const waiting = loaded.filter((approval) => approval.status === 'pending');
  const approvable = waiting.filter(
    (approval) =>
      approval.priority !== 'high' &&
      approval.priority !== 'critical' &&
      approval.can.approve.ok &&
      approval.kind !== 'question',
  );
  // Nothing is approved together that was not shown whole.
  const { see, opened } = useSeen(ids.join());
  const foldsLeft = approvable.flatMap(foldedContent).filter((text) => !opened.has(text)).length;
  const rejectable = waiting.filter((approval) => approval.can.reject.ok);
  const send = (decision: 'approved' | 'rejected', items: typeof waiting): void => {
    setAsked(decision);
    bulk.mutate({
      decision,
      items: items.map(({ id, digest, priority }) => ({ id, digest, priority })),
      reason: decision === 'rejected' ? reason : '',
    });
  };
  const done = bulk.data !== undefined;
  const loading = loaded.length < ids.length && queries.every(({ error }) => error === null);
  const close = (): void => (done ? onDone() : onClose());
  return (
    <Modal
      open
      wide
      onClose={close}
      title={done ? 'What became of them' : `${ids.length} requests`}
      {...(done ? {} : { description: 'Each is decided on its own and has its own record.' })}
      footer={
        done ? (
          <Button look="ink" onClick={onDone}>
            Close
          </Button>
        ) : (
          <>
            <Button
              look="reject"
              busy={bulk.isPending}
              blockedBecause={
                loading
                  ? 'They are being loaded'
                  : rejectable.length === 0
                    ? 'None of them is yours to reject'
                    : reason.trim() === ''
                      ? 'A reason is needed to reject'
                      : null
              }
              onClick={() => send('rejected', rejectable)}
            >
              <X size={15} aria-hidden="true" /> Reject {rejectable.length}
            </Button>
            <span className="flex-1" />
            <Button
              look="approve"
              busy={bulk.isPending}
              blockedBecause={
                loading
                  ? 'They are being loaded'
                  : approvable.length === 0
                    ? 'None of them can be approved together'
                    : foldsWords(foldsLeft)
              }
              onClick={() => send('approved', approvable)}
            >
              <Check size={15} aria-hidden="true" /> Approve {approvable.length}
            </Button>
          </>
        )
      }
    >
      {done ? (
        <OutcomeList outcomes={bulk.data} titles={new Map(loaded.map(({ id, title }) => [id, title]))} asked={asked} />
      ) : (
        <SeenContext value={see}>
          <div className="flex flex-col gap-4">
            {bulk.isError && <Notice tone="no" alert title={`Not sent. ${errorLine(bulk.error)}`} />}
            {loading && <Skeleton rows={3} />}
            <ul className="flex flex-col gap-3">
              {loaded.map((approval) => {
                const why =
                  approval.status !== 'pending'
                    ? 'no longer waiting'
                    : !approval.can.approve.ok
                      ? approval.can.approve.why
                      : approval.kind === 'question'
                        ? 'a question is answered on its own'
                        : approvable.includes(approval)
                          ? null
                          : 'high and critical ones are approved on their own';
                return (
                  <li key={approval.id} className="flex flex-col gap-1.5">
                    <p className="flex flex-wrap items-baseline gap-x-2">
                      <PriorityMark priority={approval.priority} wordless />
                      <span className="font-semibold">
                        <PlainText text={approval.title} />
                      </span>
                      {why !== null && <span className="text-label font-medium text-wait">{why}</span>}
                    </p>
                    {approval.arguments === null ? (
                      approval.output !== null && (
                        <div className="card px-3.5 py-2 font-mono text-[13px]">
                          <ValueText text={asText(approval.output)} />
                        </div>
                      )
                    ) : (
                      <ArgumentsTable
                        value={approval.arguments}
                        schema={approval.arguments_schema}
                        flags={approval.flags}
                      />
                    )}
                  </li>
                );
              })}
            </ul>
            <Field label="Reason, to reject" hint="Told to each of those who asked.">
              {(wiring) => (
                <TextArea
                  {...wiring}
                  rows={2}
                  maxLength={4000}
                  value={reason}
                  onChange={(event) => setReason(event.target.value)}
                />
              )}
            </Field>
          </div>
        </SeenContext>
      )}
    </Modal>
  );
};
