/** The chosen rows, shown whole with what would run, each with what is to become of it; then decided in one call. */
import type { WireApproval } from '@countersign/contract';
import { useQueries } from '@tanstack/react-query';
import { Check, X } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { approvalQuery } from '../approvals/queries.ts';
import { SeenContext, foldedContent, foldsWords, useSeen } from '../review/seen.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextArea } from '../ui/field.tsx';
import { Kbd } from '../ui/kbd.tsx';
import { Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { OutcomeList } from './outcome-list.tsx';
import { SelectionItem } from './selection-item.tsx';
import { type Choice, type Verdict, firstChoice, verdictWords, whyNotTogether } from './together.ts';
import { useBulk } from './use-bulk.ts';

type DialogProps = {
  readonly ids: readonly string[];
  /** What is done with each, unless somebody says otherwise. */
  readonly wanted: Verdict;
  readonly onClose: () => void;
  readonly onDone: () => void;
};

const CHOICE_KEYS: Readonly<Record<string, Choice>> = { a: 'approved', r: 'rejected', x: 'left' };
const STEP_KEYS: Readonly<Record<string, 1 | -1>> = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };

const isTyping = (target: EventTarget): boolean => target instanceof HTMLElement && target.closest('textarea') !== null;

export const SelectionDialog = ({ ids, wanted, onClose, onDone }: DialogProps): ReactNode => {
  // Each is asked for whole: the digest that a decision names has to be of what is shown here.
  const queries = useQueries({ queries: ids.map((id) => approvalQuery(id)) });
  const loaded = queries.flatMap(({ data }) => (data === undefined ? [] : [data]));
  const loading = loaded.length < ids.length && queries.every(({ error }) => error === null);
  const [chosen, setChosen] = useState<ReadonlyMap<string, Choice>>(new Map());
  const [reason, setReason] = useState('');
  const [asked, setAsked] = useState<ReadonlyMap<string, Verdict>>(new Map());
  const reasonBox = useRef<HTMLTextAreaElement>(null);
  const bulk = useBulk();
  const list = useRef<HTMLUListElement>(null);

  const choiceOf = (approval: WireApproval): Choice => {
    const choice = chosen.get(approval.id) ?? firstChoice(approval, wanted);
    // It may have been decided elsewhere since.
    return choice === 'left' || whyNotTogether(approval, choice) !== null ? 'left' : choice;
  };
  const choose = (approval: WireApproval, choice: Choice): void => {
    if (choice === 'left' || whyNotTogether(approval, choice) === null)
      setChosen((before) => new Map([...before, [approval.id, choice]]));
  };
  const items = loaded.flatMap((approval) => {
    const decision = choiceOf(approval);
    return decision === 'left' ? [] : [{ approval, decision }];
  });
  const approved = items.filter(({ decision }) => decision === 'approved');
  const rejected = items.length - approved.length;

  // Nothing is approved together that was not shown whole.
  const { see, opened } = useSeen(ids.join());
  const foldsLeft = approved.flatMap(({ approval }) => foldedContent(approval)).filter((text) => !opened.has(text));
  const needsReason = rejected > 0 && reason.trim() === '';
  const blocked = loading
    ? 'They are being loaded'
    : items.length === 0
      ? 'Nothing is to be decided'
      : (foldsWords(foldsLeft.length) ?? (needsReason ? 'A reason is needed to reject' : null));
  const send = (): void => {
    if (bulk.isPending) return;
    if (blocked === null) {
      setAsked(new Map(items.map(({ approval, decision }) => [approval.id, decision])));
      bulk.mutate({
        items: items.map(({ approval: { id, digest, priority }, decision }) => ({ id, digest, priority, decision })),
        reason,
      });
    } else if (needsReason) reasonBox.current?.focus();
  };

  const rows = (): HTMLElement[] => [...(list.current?.querySelectorAll<HTMLElement>('[data-item]') ?? [])];
  useEffect(() => {
    if (loading) return undefined;
    // After the dialog has put the focus where it puts it.
    const timer = setTimeout(() => rows()[0]?.focus({ preventScroll: true }), 50);
    return () => clearTimeout(timer);
  }, [loading]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      if (!event.repeat && bulk.data === undefined) send();
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
    const all = rows();
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const step = STEP_KEYS[event.key];
    const choice = event.repeat ? undefined : CHOICE_KEYS[event.key];
    const approval = loaded.find(({ id }) => id === all[at]?.dataset['item']);
    if (step !== undefined) all[Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
    else if (choice !== undefined && approval !== undefined) choose(approval, choice);
    else return;
    event.preventDefault();
  };

  const outcomes = bulk.data;
  const close = (): void => (outcomes === undefined ? onClose() : onDone());
  return (
    <Modal
      open
      wide
      onClose={close}
      title={outcomes === undefined ? `${ids.length} requests` : 'What became of them'}
      {...(outcomes === undefined ? { description: 'Each is decided on its own and has its own record.' } : {})}
      footer={
        outcomes === undefined ? (
          <>
            <p
              className="mr-auto flex items-center gap-1.5 text-label text-fg-2 pointer-coarse:hidden"
              aria-hidden="true"
            >
              <Kbd keys="j" /> <Kbd keys="k" /> move · <Kbd keys="a" /> <Kbd keys="r" /> <Kbd keys="x" /> approve,
              reject, leave
            </p>
            <Button
              look={rejected === 0 ? 'approve' : approved.length === 0 ? 'danger' : 'ink'}
              shortcut="mod+Enter"
              busy={bulk.isPending}
              blockedBecause={blocked}
              onClick={send}
              onKeyDown={(event) => {
                // Enter alone never decides.
                if (event.key === 'Enter' && !event.metaKey && !event.ctrlKey) event.preventDefault();
              }}
            >
              {rejected === 0 ? <Check size={15} aria-hidden="true" /> : <X size={15} aria-hidden="true" />}
              {verdictWords(approved.length, rejected) || 'Decide'}
            </Button>
          </>
        ) : (
          <Button look="ink" onClick={onDone}>
            Close
          </Button>
        )
      }
    >
      {outcomes === undefined ? (
        <SeenContext value={see}>
          <div className="flex flex-col gap-4" onKeyDown={onKeyDown}>
            {bulk.isError && <Notice tone="no" alert title={`Not sent. ${errorLine(bulk.error)}`} />}
            {loading && <Skeleton rows={3} />}
            {rejected > 0 && (
              <Field label="Reason, to reject" required hint="Told to each of those who asked.">
                {(wiring) => (
                  <TextArea
                    {...wiring}
                    ref={reasonBox}
                    rows={2}
                    maxLength={4000}
                    value={reason}
                    onChange={(event) => setReason(event.target.value)}
                  />
                )}
              </Field>
            )}
            <ul ref={list} className="flex flex-col gap-4">
              {loaded.map((approval) => (
                <SelectionItem
                  key={approval.id}
                  approval={approval}
                  choice={choiceOf(approval)}
                  onChoose={(choice) => choose(approval, choice)}
                />
              ))}
            </ul>
          </div>
        </SeenContext>
      ) : (
        <OutcomeList
          outcomes={outcomes}
          titles={new Map(loaded.map(({ id, title }) => [id, title]))}
          asked={(id) => asked.get(id) ?? wanted}
        />
      )}
    </Modal>
  );
};
