/** Words in the queue and in the history, among more requests than the first look takes in. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../testing/index.ts';

let app: TestApp;
type List = { data: { id: string; title: string }[]; next_cursor: string | null };

const COLUMNS = `kind, priority, action, digest, call_digest, requested_by, requesters, gate_reason`;
const REST = `'action', 'low', '{}', 'd', 'd', '{}', '{}', 'r'`;

beforeAll(async () => {
  app = await startTestServer();
  for (const [at, workspace] of [app.one, app.two].entries()) {
    await app.sql(
      `insert into approval (workspace_id, id, title, checkpoint, tool, created_at, ${COLUMNS})
       select $1, 'apr_' || $2::text || n, case when n % 2 = 0 then 'Refund ' else 'Payment ' end || n, 'usual', 'pay.out',
         now() - make_interval(secs => n), ${REST}
       from generate_series(1, 2500) n`,
      [workspace.id, at],
    );
    await app.sql(
      `insert into approval (workspace_id, id, title, checkpoint, tool, created_at, ${COLUMNS})
       select $1, 'apr_old' || $2::text || n, title, point, tool, now() - make_interval(days => 1), ${REST}
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
    ['nováková', 'apr_old01'],
    ['NEEDLE', 'apr_old02'],
    ['rare_t', 'apr_old03'],
    ['apr_old04', 'apr_old04'],
    ['50 %', 'apr_old01'],
    ['a_b', 'apr_old04'],
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
  expect(await found(app.two.id)).toEqual([{ id: 'apr_old12' }]);
  expect(await found('')).toEqual([]);
});
