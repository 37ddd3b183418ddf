/** Lists by numbered pages, as the published APIs have them: how many there are, and the ids of one page. */
import { type Scope } from './database.ts';

const NEWEST = 'created_at desc, id desc';

const TABLES = {
  approval: { table: 'approval', order: NEWEST },
  execution: { table: 'execution', order: NEWEST },
  agent: { table: 'agent', order: NEWEST },
  agentVersion: { table: 'agent_version', order: NEWEST },
  conversation: { table: 'conversation', order: NEWEST },
  // A conversation is read from its beginning.
  message: { table: 'message', order: 'position' },
} as const;

/** By column; each of several values will do, null is for what has none. Names come from us, values from the caller. */
export type PageFilter = Readonly<Record<string, string | readonly string[] | null | undefined>>;

const conditionsOf = (scope: Scope, filter: PageFilter): { text: string; values: unknown[] } => {
  const values: unknown[] = [scope.workspaceId];
  const texts = Object.entries(filter).flatMap(([column, value]) => {
    if (value === undefined) return [];
    if (value === null) return [`${column} is null`];
    // The same word as the index on what waits.
    if (column === 'status' && value === 'pending') return [`status = 'pending'`];
    return [`${column} = ${typeof value === 'string' ? '' : 'any '}($${values.push(value)})`];
  });
  return { text: ['workspace_id = $1', ...texts].join(' and '), values };
};

/** @param page from 1 */
export const compatPage = async (
  scope: Scope,
  table: keyof typeof TABLES,
  filter: PageFilter,
  { page, size }: { readonly page: number; readonly size: number },
): Promise<{ readonly ids: string[]; readonly total: number }> => {
  const { text, values } = conditionsOf(scope, filter);
  const { table: name, order } = TABLES[table];
  const from = `from ${name} where ${text}`;
  const counted = await scope.client.query<{ total: number }>(`select count(*)::int as total ${from}`, values);
  const { rows } = await scope.client.query<{ id: string }>(
    `select id ${from} order by ${order} limit $${values.length + 1} offset $${values.length + 2}`,
    [...values, size, (page - 1) * size],
  );
  return { ids: rows.map(({ id }) => id), total: counted.rows[0]?.total ?? 0 };
};
