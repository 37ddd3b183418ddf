import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../server/src/testing/database.ts';
import { createWorkspace } from './access.ts';
import { type Database, openDatabase, reading, transaction, unscoped } from './database.ts';
import { FEED_START, type FeedPlace, appendEvent, currentPlace, readFeed } from './events.ts';
import { newId } from './ids.ts';

const workspaceId = newId('workspace');
let database: FreshDatabase;
let api: Database;
beforeAll(async () => {
  database = await freshDatabase();
  api = openDatabase(database.url, 'countersign_api', 12);
  await unscoped(api, (scope) => createWorkspace(scope, { id: workspaceId, name: 'One' }));
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const SYSTEM = { kind: 'system', id: 'system', name: 'Test' } as const;
const append = (subject: string, before?: Promise<void>): Promise<void> =>
  transaction(api, workspaceId, async (scope) => {
    await appendEvent(scope, { type: 'test', subject, actor: SYSTEM });
    // It goes out with the next statement.
    if (before) await currentPlace(scope);
    await before;
  });
const feed = (after: FeedPlace, limit = 1000) => reading(api, workspaceId, (scope) => readFeed(scope, after, limit));

test('an event that commits late is not skipped: what began after it waits for it', async () => {
  const start = await reading(api, workspaceId, currentPlace);
  let commit = (): void => undefined;
  const late = append(
    'late',
    new Promise<void>((resolve) => {
      commit = resolve;
    }),
  );
  // The late one has its place in the order once its row is written.
  const superuser = new pg.Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  const isWritten = `select from pg_stat_activity where state = 'idle in transaction' and query like 'select (pg_snapshot_xmin%' and datname = current_database()`;
  while ((await superuser.query(isWritten)).rowCount !== 1);
  await superuser.end();
  await append('early');
  expect(await feed(start)).toEqual([]);
  commit();
  await late;
  expect((await feed(start)).map(({ subject }) => subject)).toEqual(['late', 'early']);
});

test('a reader that pages while eight writers append sees every event once, in one order', async () => {
  const start = await reading(api, workspaceId, currentPlace);
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let number = 0; number < 40; number += 1) await append(`w${writer}-${number}`);
  });
  let isWriting = true;
  const written = Promise.all(writers).then(() => void (isWriting = false));
  const seen: string[] = [];
  const endMs = Date.now() + 20_000;
  let place: FeedPlace = start;
  for (;;) {
    // Transactions of other databases on the same server hold the feed back as well: it ends when all is there, or in vain.
    const isLast = !isWriting && (seen.length >= 320 || Date.now() > endMs);
    const page = await feed(place, 17);
    seen.push(...page.map(({ subject }) => subject));
    const last = page.at(-1);
    if (last) place = last;
    else if (isLast) break;
  }
  await written;
  expect(seen).toHaveLength(320);
  expect(new Set(seen).size).toBe(320);
  expect(seen).toEqual((await feed(start)).map(({ subject }) => subject));
  for (let writer = 0; writer < 8; writer += 1)
    expect(seen.filter((subject) => subject.startsWith(`w${writer}-`))).toEqual(
      Array.from({ length: 40 }, (_, number) => `w${writer}-${number}`),
    );
});

test('the feed from the start has everything of the workspace, and nothing of another', async () => {
  const other = newId('workspace');
  expect((await feed(FEED_START)).length).toBeGreaterThan(300);
  expect(await reading(api, other, (scope) => readFeed(scope, FEED_START, 10))).toEqual([]);
});
