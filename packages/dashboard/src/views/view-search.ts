/** A saved view as it stands in the address, and back. */
import type { WireView } from '@countersign/contract';
import type { InboxSearch, Lane } from '../search.ts';

type ViewFilter = WireView['filter'];

const given = <T extends object>(members: T): Partial<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;

const laneOf = ({ assigned_to: asked, snoozed }: ViewFilter): Lane => {
  if (snoozed === 'true') return 'snoozed';
  return asked === undefined ? 'all' : asked === 'me' ? 'yours' : 'others';
};

const ASKED: { readonly [L in Lane]?: 'me' | 'others' } = { yours: 'me', others: 'others' };

export const searchOfView = ({ id, filter }: WireView): InboxSearch =>
  given({
    lane: laneOf(filter),
    q: filter.q,
    agent: filter.agent_id,
    tool: filter.tool,
    checkpoint: filter.checkpoint,
    priority: filter.priority,
    due: filter.due_within,
    sort: filter.sort,
    view: id,
  }) as InboxSearch;

/** What somebody is looking at, as it is saved. The critical lane is a filter by priority. */
export const filterOf = (search: InboxSearch): ViewFilter =>
  given({
    assigned_to: search.lane && ASKED[search.lane],
    snoozed: search.lane === 'snoozed' ? ('true' as const) : undefined,
    q: search.q,
    agent_id: search.agent,
    tool: search.tool,
    checkpoint: search.checkpoint,
    priority: search.lane === 'critical' ? ('critical' as const) : search.priority,
    due_within: search.due,
    sort: search.sort,
  }) as ViewFilter;

/** Whether a view shows something else than what somebody made of it since. */
export const isChanged = (view: WireView, search: InboxSearch): boolean => {
  const sorted = (filter: ViewFilter): string => JSON.stringify(Object.entries(filter).toSorted());
  return sorted(view.filter) !== sorted(filterOf(search));
};

const TOKEN = /(?:^|\s)(tool|checkpoint|risk|priority|due):(\S+)/g;
const DUE = /^<?(\d{1,4})(m|h|d)$/;
const UNIT_SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };
const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;

/** What is typed into the filter: `tool:refund due:<15m late` is a tool, a time left and a word. */
export const readTokens = (typed: string): Pick<InboxSearch, 'q' | 'tool' | 'checkpoint' | 'priority' | 'due'> => {
  const found: { tool?: string; checkpoint?: string; priority?: (typeof PRIORITIES)[number]; due?: number } = {};
  const words = typed
    .replaceAll(TOKEN, (whole, name: string, value: string) => {
      if (name === 'tool' || name === 'checkpoint') found[name] = value;
      else if (name === 'due') {
        const [, count, unit = ''] = DUE.exec(value) ?? [];
        if (count === undefined) return whole;
        found.due = Number(count) * (UNIT_SECONDS[unit] ?? 0);
      } else {
        const priority = PRIORITIES.find((known) => known === value);
        if (priority === undefined) return whole;
        found.priority = priority;
      }
      return ' ';
    })
    .trim()
    .replaceAll(/\s+/g, ' ');
  return { ...(words === '' ? {} : { q: words }), ...found };
};
