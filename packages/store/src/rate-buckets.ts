/** One token bucket for each credential and address, shared by all processes (trust.md, T62). */
import { type Database, type Scope, statement, unscoped } from './database.ts';

// $2: how many tokens a full bucket has, and how many come in a minute; $3: how many are wanted.
const take = statement<{ granted: number; tokens: number }>(
  'rate_bucket_take',
  `insert into rate_bucket as b (name, tokens, granted, at) values ($1, $2::int - least($2::int, $3::int), least($2::int, $3::int), clock_timestamp())
   on conflict (name) do update set (tokens, granted, at) = (
     select filled - least(floor(filled), $3::int), least(floor(filled), $3::int)::int, clock_timestamp()
     from (select least($2::int, b.tokens + greatest(0, extract(epoch from clock_timestamp() - b.at)) * $2::int / 60)) as f (filled))
   returning granted, tokens`,
);

/** Takes up to `wanted` tokens. @returns how many it got, and how many are left (with the fraction that is coming) */
export const takeTokens = (
  database: Database,
  name: string,
  perMinute: number,
  wanted: number,
): Promise<{ readonly granted: number; readonly tokens: number }> =>
  unscoped(database, async (scope) => (await take.one(scope, name, perMinute, wanted)) ?? { granted: 0, tokens: 0 });

const forget = statement('rate_bucket_forget', `delete from rate_bucket where at < now() - interval '10 minutes'`);

/** Buckets that are long full again. */
export const forgetFullBuckets = (scope: Pick<Scope, 'client'>): Promise<number> => forget.run(scope);
