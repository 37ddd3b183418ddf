/** Executions that wait for a decision, as rows: copies of one that the engine itself has left so, under ids of their own. */
import { createHash } from 'node:crypto';
import { openDatabase } from '@countersign/store';
import type { Target } from './cycles.ts';
import { type Connection, openConnection } from './http.ts';

const get = async (connection: Connection, path: string): Promise<Record<string, unknown>> => {
  const answer = await connection.call('GET', path);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body) as Record<string, unknown>;
};

/** Starts an execution through the API and waits until it waits. @returns its id */
const startOne = async (asker: Connection, agentId: string): Promise<string> => {
  const started = await asker.call('POST', `/v1/agents/${agentId}/execute`, { input: 'Where is my parcel?' });
  const { id } = JSON.parse(started.body) as { id: string };
  while ((await get(asker, `/v1/executions/${id}`))['status'] !== 'awaiting_approval')
    await new Promise((resolve) => setTimeout(resolve, 5));
  return id;
};

/** The tables that know of a waiting execution, and the column that names it or its approval. */
const TABLES = [
  ['execution', 'id'],
  ['step', 'execution_id'],
  ['approval', 'execution_id'],
  ['event', 'subject'],
  ['job', 'subject'],
] as const;

/** All of its rows name things by id; the last seven characters of an id of the copy are its number. */
const COPY = (table: string, columns: string, column: string) => `
  insert into ${table} (${columns})
  select ${columns
    .split(', ')
    .map((name) => `copy.${name}`)
    .join(', ')}
  from generate_series($1::int, $2::int) number, ${table} original,
    lateral jsonb_populate_record(null::${table}, regexp_replace(to_jsonb(original)::text,
      '\\m((?:exe|stp|apr|evt)_[0-9A-Za-z]{20})[0-9A-Za-z]{7}\\M', '\\1' || lpad(number::text, 7, '0'), 'g')::jsonb) copy
  where original.${column} = any ($3)`;

/** Inserts so many waiting executions. @returns the id of one of them */
export const insertWaiting = async (superuserUrl: string, target: Target, count: number): Promise<string> => {
  const asker = await openConnection(target.port, target.agentKey);
  const original = await startOne(asker, target.agentId);
  const pending = (await get(asker, `/v1/executions/${original}/pending-approval`)) as { data?: { id: string }[] };
  asker.close();
  const database = openDatabase(superuserUrl, 'countersign_api', 1);
  const client = await database.pool.connect();
  try {
    await client.query('set role none; set statement_timeout = 0');
    const subjects = [original, pending.data?.[0]?.id];
    for (const [table, column] of TABLES) {
      const { rows } = await client.query<{ columns: string }>(
        `select string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns
         where table_schema = 'public' and table_name = $1 and is_identity = 'NO' and is_generated = 'NEVER' and column_name <> 'transaction'`,
        [table],
      );
      const copied = await client.query(COPY(table, rows[0]?.columns ?? '', column), [1, count, subjects]);
      if ((copied.rowCount ?? 0) < count) throw new Error(`only ${copied.rowCount} rows of ${table} were copied`);
    }
    // The content names the approval and the execution, so that each has a digest of its own.
    await client.query(
      `update approval set digest = 'sha256:' || encode(sha256(convert_to(action, 'UTF8')), 'hex') where status = 'pending'`,
    );
    await client.query('vacuum analyze');
  } finally {
    client.release();
    await database.close();
  }
  return original.slice(0, 24) + String(count).padStart(7, '0');
};

/** A copy is good if it can be decided like any other: its digest is that of its content, and its execution completes. */
export const checkWaiting = async (target: Target, executionId: string): Promise<void> => {
  const reviewer = await openConnection(target.port, target.reviewerKey);
  const pending = (await get(reviewer, `/v1/executions/${executionId}/pending-approval`)) as {
    data?: { id: string }[];
  };
  const approval = await get(reviewer, `/v1/approvals/${pending.data?.[0]?.id ?? ''}`);
  // Members sorted, as RFC 8785 wants them; there are only texts and numbers in it.
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  const digest = `sha256:${createHash('sha256').update(JSON.stringify(approval['action'], sorted)).digest('hex')}`;
  if (digest !== approval['digest']) throw new Error('the copy has another digest than its content');
  const decided = await reviewer.call('POST', `/v1/approvals/${String(approval['id'])}/decide`, {
    decision: 'approved',
    digest,
  });
  const execution = await get(reviewer, `/v1/executions/${executionId}`);
  reviewer.close();
  if (decided.status !== 200 || execution['status'] !== 'completed')
    throw new Error(`the copy did not complete: ${decided.status} ${decided.body}, ${String(execution['status'])}`);
};
