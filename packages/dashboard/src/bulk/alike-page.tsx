/** Requests that differ in little: what is the same said once, what differs as a table, the odd ones left out. */
import type { WireAlikeGroup } from '@countersign/contract';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { clsx } from 'clsx';
import { Check, ChevronLeft, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { LaneTabs, lanesFor } from '../approvals/lanes.tsx';
import { countsQuery } from '../approvals/queries.ts';
import { PlainText, ValueText } from '../approvals/value-text.tsx';
import { SeenContext, foldsWords, useSeen } from '../review/seen.ts';
import { foldAt } from '../approvals/fold.ts';
import { useCan, useSession } from '../session.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { PriorityMark } from '../ui/glyphs.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { OutcomeList } from './outcome-list.tsx';
import { BULK_MAX, useBulk } from './use-bulk.ts';

/** Under the key of the lists: every event about a request has it asked again. */
export const alikeQuery = queryOptions({
  queryKey: ['approvals', 'alike'],
  queryFn: async ({ signal }) => (await call('listAlike', {}, { signal })).data,
});

type Item = WireAlikeGroup['items'][number];

/** What is high or critical is looked at on its own. */
const alone = (item: Item): boolean => item.priority === 'high' || item.priority === 'critical';

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? 'not given' : JSON.stringify(value);
const nameOf = (pointer: string): string =>
  pointer.slice(1).replaceAll('/', ' / ').replaceAll('~1', '/').replaceAll('~0', '~');

const GroupPane = ({ group, onBack }: { readonly group: WireAlikeGroup; readonly onBack: () => void }): ReactNode => {
  const mayDecide = useCan('approvals:decide');
  // The group as it was opened: an arrival must not come under a decision that was made without it.
  const [pinned] = useState(group);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [phase, setPhase] = useState<'idle' | 'rejecting'>('idle');
  const [reason, setReason] = useState('');
  const [asked, setAsked] = useState<'approved' | 'rejected'>('approved');
  const bulk = useBulk();
  const waiting = new Set(group.items.map((item) => item.id));
  const columns = [...new Set(pinned.items.flatMap((item) => Object.keys(item.differs)))];
  const chosen = pinned.items.filter((item) => !left.has(item.id) && !alone(item) && waiting.has(item.id));
  const toggle = (id: string): void => {
    const next = new Set(left);
    if (!next.delete(id)) next.add(id);
    setLeft(next);
  };
  const send = (decision: 'approved' | 'rejected'): void => {
    setAsked(decision);
    bulk.mutate(
      {
        items: chosen.map(({ id, digest, priority }) => ({ id, digest, priority, decision })),
        reason: decision === 'rejected' ? reason : '',
      },
      { onSuccess: () => setPhase('idle') },
    );
  };
  const common = Object.entries(pinned.common);
  // Nothing is approved together that was not shown whole.
  const { see, opened } = useSeen(pinned.shape);
  const foldsLeft = new Set(
    [...Object.values(pinned.common), ...chosen.flatMap((item) => Object.values(item.differs))]
      .map(shown)
      .filter((text) => foldAt(text) !== null && !opened.has(text)),
  ).size;
  const fresh = group.items.filter((item) => !pinned.items.some((old) => old.id === item.id)).length;
  const blocked = !mayDecide
    ? 'You are not an approver'
    : chosen.length === 0
      ? 'Every row is left out'
      : chosen.length > BULK_MAX
        ? `At most ${BULK_MAX} at once: leave some out`
        : null;
  return (
    <section aria-label="Identical requests" className="flex h-full min-h-0 flex-col">
      <SeenContext value={see}>
        <div className="min-h-0 flex-1 overflow-y-auto" tabIndex={-1}>
          <header className="border-b bg-surface px-4 pt-3 pb-3.5 phone:px-6">
            <IconButton
              label="Back to the groups"
              className="-ml-2 panes:hidden"
              icon={<ChevronLeft size={18} aria-hidden="true" />}
              onClick={onBack}
            />
            <h1 className="text-page font-semibold">
              <span className="font-mono">{pinned.tool}</span>, {pinned.items.length} times
            </h1>
            <p className="text-fg-2">
              The same tool and the same kind of arguments. Each is decided on its own and has its own record.
            </p>
          </header>
          <div className="flex max-w-290 flex-col gap-5 px-4 pt-5 pb-10 phone:px-6">
            {bulk.data !== undefined && (
              <OutcomeList
                outcomes={bulk.data}
                titles={new Map(pinned.items.map((item) => [item.id, item.title]))}
                asked={() => asked}
              />
            )}
            {fresh > 0 && (
              <Notice tone="off" title={`${fresh} more came since you opened this`}>
                They are not part of it. Open the group anew to see them.
              </Notice>
            )}
            <section>
              <h2 className="mb-2 font-semibold">The same in all</h2>
              {common.length === 0 ? (
                <p className="text-fg-2">Nothing: all arguments differ.</p>
              ) : (
                <dl className="card divide-y">
                  {common.map(([pointer, value]) => (
                    <div key={pointer} className="flex flex-wrap gap-x-4 px-3.5 py-2">
                      <dt className="w-full text-fg-2 phone:w-36">{nameOf(pointer)}</dt>
                      <dd className="min-w-0 flex-1 basis-48 font-mono text-[13.5px]">
                        <ValueText text={shown(value)} />
                      </dd>
                    </div>
                  ))}
                </dl>
              )}
            </section>
            <section>
              <h2 className="mb-2 font-semibold">What differs</h2>
              <div className="card overflow-x-auto" role="region" aria-label="What differs" tabIndex={0}>
                <table className="w-full text-left">
                  <thead>
                    <tr className="text-label text-fg-2">
                      <th scope="col" className="px-3.5 py-2 font-medium">
                        Decide
                      </th>
                      <th scope="col" className="px-3.5 py-2 font-medium">
                        Request
                      </th>
                      {columns.map((pointer) => (
                        <th key={pointer} scope="col" className="px-3.5 py-2 font-medium whitespace-nowrap">
                          {nameOf(pointer)}
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {pinned.items.map((item) => {
                      const gone = !waiting.has(item.id);
                      const out = left.has(item.id) || alone(item) || gone;
                      return (
                        <tr key={item.id} className={clsx('border-t align-top', out && 'bg-sunken text-fg-3')}>
                          <td className="px-3.5 py-2">
                            <label className="flex min-h-6 min-w-6 items-center gap-2 pointer-coarse:min-h-11">
                              <input
                                type="checkbox"
                                checked={!out}
                                disabled={alone(item) || gone}
                                onChange={() => toggle(item.id)}
                                className="size-4 accent-fg pointer-coarse:size-5"
                                aria-label={`Decide ${item.title}`}
                              />
                              {gone ? (
                                <span className="text-label">no longer waiting</span>
                              ) : (
                                alone(item) && (
                                  <span className="text-label">
                                    <PriorityMark priority={item.priority} /> on its own
                                  </span>
                                )
                              )}
                            </label>
                          </td>
                          <th scope="row" className="px-3.5 py-2 font-medium">
                            <PlainText brief text={item.title} />
                          </th>
                          {columns.map((pointer) => (
                            <td key={pointer} className="max-w-80 px-3.5 py-2 font-mono text-[13px]">
                              <ValueText text={shown(item.differs[pointer])} />
                            </td>
                          ))}
                        </tr>
                      );
                    })}
                  </tbody>
                </table>
              </div>
            </section>
          </div>
        </div>
      </SeenContext>
      <section aria-label="Decision" className="border-t bg-surface px-3 py-2.5 phone:px-6">
        {phase === 'rejecting' ? (
          <form
            className="flex flex-wrap items-end gap-3"
            onSubmit={(event) => {
              event.preventDefault();
              if (reason.trim() !== '') send('rejected');
            }}
          >
            <Field label={`Why do you reject these ${chosen.length}?`} required className="min-w-0 flex-1 basis-60">
              {(wiring) => (
                <TextInput
                  {...wiring}
                  autoFocus
                  maxLength={4000}
                  value={reason}
                  onChange={(event) => setReason(event.target.value)}
                />
              )}
            </Field>
            <Button size="bar" onClick={() => setPhase('idle')}>
              Back
            </Button>
            <Button
              type="submit"
              size="bar"
              look="danger"
              busy={bulk.isPending}
              blockedBecause={reason.trim() === '' ? 'A reason is needed to reject' : blocked}
            >
              <X size={16} aria-hidden="true" /> Reject {chosen.length}
            </Button>
          </form>
        ) : (
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <Button size="bar" look="reject" blockedBecause={blocked} onClick={() => setPhase('rejecting')}>
              <X size={16} aria-hidden="true" /> Reject {chosen.length}
            </Button>
            <p aria-live="polite" className="min-w-0 flex-1 text-right text-label text-fg-2">
              {bulk.isError ? (
                <span className="font-medium text-no">{errorLine(bulk.error)}</span>
              ) : (
                (blocked ??
                foldsWords(foldsLeft) ??
                (pinned.items.length === chosen.length
                  ? 'All of them'
                  : `${pinned.items.length - chosen.length} left out`))
              )}
            </p>
            <Button
              size="bar"
              look="approve"
              busy={bulk.isPending}
              blockedBecause={blocked ?? foldsWords(foldsLeft)}
              onClick={() => send('approved')}
              onKeyDown={(event) => {
                if (event.key === 'Enter' || event.repeat) event.preventDefault();
              }}
            >
              <Check size={16} aria-hidden="true" /> Approve {chosen.length}
            </Button>
          </div>
        )}
      </section>
    </section>
  );
};

export const AlikePage = (): ReactNode => {
  useTitle('Identical requests');
  const session = useSession();
  const counts = useQuery(countsQuery).data;
  const { data, error, refetch } = useQuery(alikeQuery);
  const [shape, setShape] = useState<string | null>(null);
  // The last one that was seen stays open: its outcomes are shown even when none of it waits any longer.
  const [seen, setSeen] = useState<WireAlikeGroup | null>(null);
  const live = data?.find((group) => group.shape === shape);
  if (live !== undefined && live !== seen) setSeen(live);
  const open =
    shape === null ? undefined : (live ?? (seen !== null && seen.shape === shape ? { ...seen, items: [] } : undefined));
  return (
    <div className="flex h-full min-h-0">
      <section
        aria-label="Groups"
        className={clsx(
          'flex min-h-0 flex-col border-r bg-surface max-panes:w-full panes:w-80 full:w-98',
          open !== undefined && 'max-panes:hidden',
        )}
      >
        <header className="px-3.5 pt-3 pb-2">
          {open === undefined ? (
            <h1 className="text-section font-semibold">Inbox</h1>
          ) : (
            <p className="text-section font-semibold">Inbox</p>
          )}
        </header>
        <LaneTabs filter={{}} lanes={lanesFor(session)} current="alike" counts={counts} />
        <div className="border-t" />
        {data === undefined &&
          (error === null ? (
            <div className="p-3">
              <Skeleton rows={4} />
            </div>
          ) : (
            <Failure error={error} onRetry={() => void refetch()} />
          ))}
        {data?.length === 0 && (
          <Empty title="No two are alike">
            Requests of the same tool with arguments of the same kind appear here as one group.
          </Empty>
        )}
        <ul className="min-h-0 flex-1 overflow-y-auto">
          {data?.map((group) => (
            <li
              key={group.shape}
              className={clsx('relative border-b', group.shape === shape ? 'bg-selected' : 'hover:bg-hover')}
            >
              {group.shape === shape && (
                <span aria-hidden="true" className="absolute inset-y-0 left-0 w-[3px] bg-accent" />
              )}
              <button
                type="button"
                aria-current={group.shape === shape ? 'true' : undefined}
                className="flex min-h-15.5 w-full items-center gap-3 px-3.5 text-left"
                onClick={() => setShape(group.shape)}
              >
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-mono text-[13px] font-semibold">{group.tool}</span>
                  <span className="block truncate text-label text-fg-2">
                    <PlainText
                      brief
                      text={group.items
                        .slice(0, 3)
                        .map((item) => item.title)
                        .join(' · ')}
                    />
                  </span>
                </span>
                <span className="rounded-sm border border-line-2 px-1.5 font-mono text-label">
                  {group.count}
                  <span className="sr-only"> alike</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </section>
      <div className={clsx('min-w-0 flex-1', open === undefined && 'max-panes:hidden')}>
        {open === undefined ? (
          data !== undefined &&
          data.length > 0 && (
            <Empty title="Choose a group">What is the same in all is shown once, what differs as a table.</Empty>
          )
        ) : (
          <GroupPane key={open.shape} group={open} onBack={() => setShape(null)} />
        )}
      </div>
    </div>
  );
};
