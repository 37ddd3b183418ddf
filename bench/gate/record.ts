/** Notes the statements that a process sends to PostgreSQL, transaction by transaction. */
import { openDatabase } from '@countersign/store';

export type RecordedStatement = {
  readonly name: string | undefined;
  readonly text: string;
  readonly values: readonly unknown[];
  /** How many rows it returned or changed. */
  rows: number | null;
};

export type RecordedTransaction = {
  readonly role: 'countersign_api' | 'countersign_worker';
  readonly statements: RecordedStatement[];
};

type Query = { readonly name?: string; readonly text: string; readonly values?: readonly unknown[] };
type Result = { readonly rowCount: number | null };
type AnyClient = {
  query: (query: Query | string, ...rest: unknown[]) => Promise<Result> | undefined;
  readonly connectionParameters?: { readonly options?: string };
};

/** @returns how to start, and how to stop and get what was sent in between, in the order in which it ended */
export const installRecorder = async (
  databaseUrl: string,
): Promise<{ start: () => void; stop: () => RecordedTransaction[] }> => {
  let recorded: RecordedTransaction[] | undefined;
  const current = new WeakMap<object, RecordedTransaction>();

  // All clients of pg share one prototype, whoever opens them.
  const database = openDatabase(databaseUrl, 'countersign_api', 1);
  const client = await database.pool.connect();
  const prototype = Object.getPrototypeOf(client) as AnyClient;
  client.release();
  await database.close();
  const { query: send } = prototype;

  prototype.query = function record(this: AnyClient, query, ...rest) {
    const sent = send.call(this, query, ...rest);
    const role = /role=(countersign_\w+)/.exec(this.connectionParameters?.options ?? '')?.[1] as
      | RecordedTransaction['role']
      | undefined;
    if (!recorded || !role || !(sent instanceof Promise)) return sent;
    const { name, text, values = [] }: Query = typeof query === 'string' ? { text: query } : query;
    const isBegin = text.startsWith('begin');
    const transaction = isBegin ? undefined : current.get(this);
    const statement: RecordedStatement = {
      name,
      text,
      values: values.length > 0 ? values : ((rest[0] as unknown[] | undefined) ?? []),
      rows: null,
    };
    // A query of several statements has several results; nothing of ours looks at those.
    void sent
      .then((result) => (statement.rows = Array.isArray(result) ? null : result.rowCount))
      .catch(() => undefined);
    const own = transaction ?? { role, statements: [] };
    own.statements.push(statement);
    if (isBegin) current.set(this, own);
    const isLast = !isBegin && (!transaction || text === 'commit' || text === 'rollback');
    if (isLast) {
      current.delete(this);
      const list = recorded;
      void sent.then(() => list.push(own)).catch(() => undefined);
    }
    return sent;
  };

  return {
    start: () => {
      recorded = [];
    },
    stop: () => {
      const result = recorded ?? [];
      recorded = undefined;
      return result;
    },
  };
};
