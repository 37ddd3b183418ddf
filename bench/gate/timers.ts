/** How late deadlines are carried out: from an approval's `expires_at` to the moment at which it expired. */
import { openDatabase } from '@countersign/store';
import type { Target } from './cycles.ts';
import { openConnection } from './http.ts';

const DEADLINES = 100;

/** @returns how late each was, in milliseconds, by the database's clock */
export const measureTimers = async (superuserUrl: string, target: Target): Promise<number[]> => {
  const asker = await openConnection(target.port, target.agentKey);
  const ids: string[] = [];
  for (let asked = 0; asked < DEADLINES; asked += 1) {
    const answer = await asker.call('POST', '/v1/gate', {
      tool: 'expire_soon',
      arguments: { asked, at: Date.now() },
      timeout_seconds: 1 + (asked % 3),
    });
    ids.push((JSON.parse(answer.body) as { approval: { id: string } }).approval.id);
  }
  asker.close();
  const database = openDatabase(superuserUrl, 'countersign_api', 1);
  const client = await database.pool.connect();
  try {
    await client.query('set role none');
    for (;;) {
      const { rows } = await client.query<{ late: number | null }>(
        `select extract(epoch from decided_at - expires_at)::float8 * 1000 as late from approval where id = any ($1)`,
        [ids],
      );
      const late = rows.flatMap((row) => (row.late === null ? [] : [row.late]));
      if (late.length === DEADLINES) return late;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    client.release();
    await database.close();
  }
};
