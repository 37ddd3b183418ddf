/** Words in the queue and in the history, among more requests than the first look takes in. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../testing/index.ts';

let app: TestApp;
type List = { data: { id: string; title: string }[]; next_cursor: string | null };

const COLUMNS = `kind, priority, action, digest, call_digest, requested_by, requesters, gate_reason`;
const old = (workspace: number, n: number): string => `apr_old${workspace}${String(n).padStart(23, '0')}`;
const REST = `'action', 'low', '{}', 'd', 'd', '{"kind": "key", "id": "k", "name": "K"}', '{k}', 'r'`;

beforeAll(async () => {
  app = await startTestServer();
  for (const [at, workspace] of [app.one, app.two].entries()) {
    await app.sql(
      `insert into approval (workspace_id, id, title, checkpoint, tool, created_at, ${COLUMNS})
       select $1, 'apr_' || $2::text || lpad(n::text, 26, '0'), case when n % 2 = 0 then 'Refund ' else 'Payment ' end || n, 'usual', 'pay.out',
         now() - make_interval(secs => n), ${REST}
       from generate_series(1, 2500) n`,
      [workspace.id, at],
    );
    await app.sql(
      `insert into approval (workspace_id, id, title, checkpoint, tool, created_at, ${COLUMNS})
       select $1, 'apr_old' || $2::text || lpad(n::text, 23, '0'), title, point, tool, now() - make_interval(days => 1), ${REST}
       from (values (1, 'Pay Ana Nováková 50 %', 'usual', 'pay.out'), (2, 'Something', 'needle-point', null), (3, 'Other', 'usual', 'rare_tool'),
         (4, 'a_b', 'usual', null)) v (n, title, point, tool)`,
      [workspace.id, at],
    );
  }
});
afterAll(() => app.stop());

const search = async (q: string, more = ''): Promise<List> =>
  (await app.call<List>(app.one.people.viewer, 'GET', `/v1/approvals?q=${encodeURIComponent(q)}${more}`)).body;
const ids = async (q: string): Promise<string[]> => (await search(q)).data.map(({ id }) => id);

describe('words that occur seldom are found however old they are', () => {
  test.each([
    ['nováková', old(0, 1)],
    ['NEEDLE', old(0, 2)],
    ['rare_t', old(0, 3)],
    [old(0, 4), old(0, 4)],
    ['50 %', old(0, 1)],
    ['a_b', old(0, 4)],
  ])('%s', async (words, id) => {
    expect(await ids(words)).toEqual([id]);
  });
  test('and nothing by what nobody wrote, nor across two fields', async () => {
    for (const words of ['zebra', 'zq', 'usual pay', 'a%b', "'; --"]) expect(await ids(words)).toEqual([]);
  });
  test('together with a filter', async () => {
    expect((await search('nováková', '&status=pending&tool=pay.out')).data.length).toBe(1);
    expect((await search('nováková', '&status=completed')).data.length).toBe(0);
  });
});

test('words that occur often are walked through whole, in order', async () => {
  const titles: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: List = await search('refund', `&limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`);
    titles.push(...page.data.map(({ title }) => title));
    cursor = page.next_cursor;
  }
  expect(titles).toEqual(Array.from({ length: 1250 }, (_, index) => `Refund ${2 * (index + 1)}`));
});

test('the search of the database knows no workspace but the one that is set', async () => {
  const found = (workspace: string) =>
    app.sql<{ id: string }>(
      `select f as id from (select set_config('app.workspace', $1, true)) s, lateral find_approvals('%needle%') f`,
      [workspace],
    );
  expect(await found(app.two.id)).toEqual([{ id: old(1, 2) }]);
  expect(await found('')).toEqual([]);
});
