import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { ChevronLeft, Columns2 } from 'lucide-react';
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import { agentsQuery } from '../agents/queries.ts';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { newIdempotencyKey } from '../idempotency.ts';
import type { StudioSearch } from '../search.ts';
import { useCan } from '../session.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { Empty, errorLine } from '../ui/states.tsx';
import { useMedia } from '../ui/use-media.ts';
import { AgentHead } from './column-head.tsx';
import { COLUMNS_MAX, type Column, columnName, readColumns, writeColumns } from './columns.ts';
import { Composer } from './composer.tsx';
import { ConversationList } from './conversation-list.tsx';
import { conversationQuery } from './queries.ts';
import { Talk, type TalkState } from './talk.tsx';

const IDLE: TalkState = { isBusy: false, isHeld: false };

/** One message goes once into each column, however often its answer is lost and it is sent again. */
const useKeys = (): ((text: string, column: string, what: string) => string) => {
  const keys = useRef(new Map<string, string>());
  return (text, column, what) => {
    const name = `${what} ${column} ${text}`;
    const key = keys.current.get(name) ?? newIdempotencyKey();
    keys.current.set(name, key);
    return key;
  };
};

const blockedWords = (states: readonly TalkState[], mayRun: boolean): string | null => {
  if (!mayRun) return 'You can read and decide here; your roles run no agents.';
  if (states.some(({ isHeld }) => isHeld)) return 'It waits for a decision. Nothing more can be said until then.';
  if (states.some(({ isBusy }) => isBusy)) return 'The agent still answers.';
  return null;
};

export const StudioPage = (): ReactNode => {
  useTitle('Studio');
  const search = useSearch({ from: '/app/studio' });
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayRun = useCan('executions:run');
  const phone = useMedia('(max-width: 859.98px)');
  const agents = useQuery(agentsQuery);
  const first = agents.data?.find((agent) => agent.current_version !== null);
  const columns = useMemo(() => readColumns(search.open), [search.open]);
  const [states, setStates] = useState<Readonly<Record<string, TalkState>>>({});
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [said, setSaid] = useState(0);
  const [chosen, setChosen] = useState<string | null>(null);
  const [bar, setBar] = useState<HTMLElement | null>(null);
  const keyFor = useKeys();

  const go = (next: StudioSearch, replace = false): void => void navigate({ to: '/studio', search: next, replace });
  const show = (next: readonly Column[], replace = false): void => {
    const { open: _, ...rest } = search;
    const open = writeColumns(next);
    go(open === undefined ? rest : { ...rest, open }, replace);
  };
  const change = (at: number, column: Column): void => show(columns.with(at, column), true);
  const onState = useCallback(
    (id: string, state: TalkState) => setStates((before) => ({ ...before, [id]: state })),
    [],
  );
  const stateOf = (column: Column): TalkState => (column.kind === 'agent' ? IDLE : (states[column.id] ?? IDLE));
  const held = columns.filter((column) => stateOf(column).isHeld);
  const deciding = held.find((column) => column.id === chosen) ?? held[0];

  /** Begins a conversation where there is none yet, and puts the message into it. */
  const sayIn = async (column: Column, at: number, text: string): Promise<Column> => {
    const place = `${at} ${columnName(column)}`;
    const conversation =
      column.kind === 'conversation'
        ? column
        : await call(
            'createConversation',
            { body: { agent_id: column.id, ...(column.version === null ? {} : { version: column.version }) } },
            { idempotencyKey: keyFor(text, place, 'begin') },
          );
    await call(
      'postMessage',
      { id: conversation.id, body: { content: text } },
      { idempotencyKey: keyFor(text, `${conversation.id} ${said}`, 'say') },
    );
    return { kind: 'conversation', id: conversation.id };
  };
  const say = async (text: string): Promise<boolean> => {
    setBusy(true);
    setError(null);
    const results = await Promise.allSettled(columns.map((column, at) => sayIn(column, at, text)));
    setBusy(false);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) setError(`Not sent everywhere. ${errorLine(failed.reason)}`);
    setSaid((count) => count + 1);
    const next = results.map((result, at) => (result.status === 'fulfilled' ? result.value : columns[at]));
    show(
      next.filter((column) => column !== undefined),
      true,
    );
    void client.invalidateQueries({ queryKey: ['conversations'] });
    for (const column of next)
      if (column?.kind === 'conversation')
        void client.invalidateQueries({ queryKey: conversationQuery(column.id).queryKey });
    return failed === undefined;
  };

  const begin = (): void => {
    if (first) show([{ kind: 'agent', id: first.id, version: null }]);
  };
  const addColumn = (): void => {
    const last = columns.at(-1);
    const id = last?.kind === 'agent' ? last.id : first?.id;
    if (id !== undefined) show([...columns, { kind: 'agent', id, version: null }]);
  };
  const newBlocked = mayRun ? (first ? null : 'There is no agent to talk with yet') : 'Your roles run no agents';

  const list = (
    <ConversationList
      search={search}
      open={new Set(columns.map(({ id }) => id))}
      newBlocked={newBlocked}
      onNew={begin}
      onSearch={(q) => {
        const { q: _, ...rest } = search;
        go(q === undefined ? rest : { ...rest, q }, true);
      }}
    />
  );
  if (phone && columns.length === 0) return list;
  return (
    <div className="flex h-full min-h-0">
      {!phone && (
        <aside aria-label="Past conversations" className="w-72 shrink-0 border-r bg-surface">
          {list}
        </aside>
      )}
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        {columns.length === 0 && (
          <Empty
            title="Talk with an agent"
            action={
              <Button look="ink" blockedBecause={newBlocked} onClick={begin}>
                Begin a conversation
              </Button>
            }
          >
            Its answer appears as it is said. What needs a person stops here, and is decided here.
          </Empty>
        )}
        {columns.length > 0 && (
          <>
            <div className="flex items-center gap-2 border-b bg-surface px-2 py-1 phone:px-4">
              {phone && <h1 className="sr-only">Studio</h1>}
              {phone && (
                <Link
                  to="/studio"
                  search={search.q === undefined ? {} : { q: search.q }}
                  aria-label="All conversations"
                  className={buttonClass('ghost', 'small')}
                >
                  <ChevronLeft size={18} aria-hidden="true" /> Conversations
                </Link>
              )}
              {mayRun && columns.length < COLUMNS_MAX && (
                <Button look="ghost" size="small" className="ml-auto" onClick={addColumn}>
                  <Columns2 size={14} aria-hidden="true" /> Compare with another
                </Button>
              )}
            </div>
            <div
              className={clsx(
                'grid min-h-0 flex-1',
                phone
                  ? 'snap-x snap-mandatory grid-flow-col overflow-x-auto [grid-auto-columns:100%]'
                  : 'grid-flow-col auto-cols-fr divide-x',
              )}
            >
              {columns.map((column, at) => {
                const onClose = columns.length > 1 ? () => show(columns.toSpliced(at, 1), true) : null;
                return (
                  <div
                    key={`${at} ${column.kind === 'agent' ? 'new' : column.id}`}
                    className="min-h-0 min-w-0 snap-start"
                  >
                    {column.kind === 'agent' ? (
                      <section aria-label={`Column ${at + 1}: a new conversation`} className="flex h-full flex-col">
                        <AgentHead column={column} onChange={(next) => change(at, next)} onClose={onClose} />
                        <p className="mx-auto max-w-100 px-6 py-14 text-center text-fg-2">
                          Say something below. The conversation is kept, and goes on whenever you come back.
                        </p>
                      </section>
                    ) : (
                      <Talk
                        id={column.id}
                        at={at + 1}
                        said={said}
                        onState={onState}
                        onClose={onClose}
                        bar={deciding === column ? bar : null}
                        onTakeBar={deciding !== undefined && deciding !== column ? () => setChosen(column.id) : null}
                      />
                    )}
                  </div>
                );
              })}
            </div>
            <div ref={setBar} />
            {deciding === undefined && (
              <Composer
                columns={columns.length}
                blockedBecause={blockedWords(columns.map(stateOf), mayRun)}
                busy={busy}
                error={error}
                onSay={say}
              />
            )}
          </>
        )}
      </div>
    </div>
  );
};
