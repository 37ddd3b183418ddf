/**
 * Words in a list of approvals, in two steps that are quick for opposite reasons. What occurs often is found among the first
 * rows of the list; what occurs seldom, or nowhere, by the index of migration 0162, and then there is little to sort.
 */
import type { Scope } from './database.ts';

/** What fills a page of 50 from so many rows is in one of forty. */
const LOOKED_AT = 2000;
/** Words that no index finds are looked for in so many rows and no more: some 50 ms. */
const LOOKED_AT_MOST = 20_000;

const wordsCondition = (pattern: string): string =>
  `(a.title ilike ${pattern} or a.tool ilike ${pattern} or a.checkpoint ilike ${pattern} or a.id ilike ${pattern})`;

/** Without three letters or digits in a row the index has nothing to look up. */
const canBeLookedUp = (words: string): boolean => /[\p{L}\p{N}]{3}/u.test(words);

/** What is typed, for `ilike`. */
const patternOf = (words: string): string => `%${words.replace(/[\\%_]/g, (found) => `\\${found}`)}%`;

type PageOfIds = {
  /** Conditions on `a`, without the words. */
  readonly conditions: string;
  readonly values: readonly unknown[];
  readonly order: string;
  readonly limit: number;
};

/** The ids of a page of what holds these words. */
export const findByWords = async (
  scope: Scope,
  words: string,
  { conditions, values, order, limit }: PageOfIds,
): Promise<string[]> => {
  const pattern = `$${values.length + 1}`;
  const known = [...values, patternOf(words)];
  const holds = wordsCondition(pattern);
  const isIndexed = canBeLookedUp(words);
  const most = isIndexed ? LOOKED_AT : LOOKED_AT_MOST;
  const first = await scope.client.query<{ looked_at: number; ids: string[] }>(
    `with looked as materialized (select a.* from approval a where ${conditions} order by ${order} limit ${most})
     select (select count(*)::int from looked) as looked_at,
       array(select a.id from looked a where ${holds} order by ${order} limit ${limit}) as ids`,
    known,
  );
  const { looked_at: lookedAt = 0, ids = [] } = first.rows[0] ?? {};
  if (!isIndexed || ids.length === limit || lookedAt < most) return ids;
  const all = await scope.client.query<{ id: string }>(
    `select a.id from approval a where ${conditions} and a.id = any (array(select find_approvals(${pattern}))) and ${holds} order by ${order} limit ${limit}`,
    known,
  );
  return all.rows.map(({ id }) => id);
};
