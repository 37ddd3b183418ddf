/** Reading the audit log: lists, one entry, ranges for an export. */
import { type Scope, statement } from './database.ts';
import type { UnsealedEvent } from './audit-log.ts';

export type AuditEntryRow = UnsealedEvent & {
  epoch: number | null;
  index: number | null;
  leaf: string | null;
  hash: Buffer | null;
  salt: Buffer | null;
  payload: string | null;
  /** The entry that records the erasure of its payload, as `epoch/index`; null where it has one or is not sealed. */
  erased_by: string | null;
};

export type AuditFilter = {
  readonly type?: string | undefined;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly q?: string | undefined;
};

/** Words as the sealer stores them: letters and digits, in lower case. */
export const searchWords = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

/** Every word, each also as the beginning of a longer one. */
const queryOf = (text: string): string =>
  searchWords(text)
    .map((word) => `'${word}':*`)
    .join(' & ');

const event = 'e.workspace_id, e.id, e.type, e.subject, e.actor, e.data, e.detail, e.at';
const erasedBy = `case when l.position is not null and p.position is null then
  (select r.epoch || '/' || r.index from audit_leaf r
   where r.workspace_id = l.workspace_id and r.subject = l.event_id and r.type = 'audit.erased' order by r.position limit 1) end as erased_by`;

/**
 * Only the conditions that are asked for are in the text, so that each combination has the plan that fits it. The values
 * are parameters; their places are numbered in this order.
 */
const listOf = (filter: AuditFilter): { name: string; text: string; values: unknown[] } => {
  const values: unknown[] = [];
  const given: string[] = [];
  const where = (column: string, value: unknown, condition: (place: string) => string): void => {
    if (value === undefined) return;
    values.push(value);
    given.push(column);
    sealed.push(condition(`$${values.length + 3}`));
  };
  const sealed: string[] = [];
  where('type', filter.type, (place) => `l.type = ${place}`);
  where('actor', filter.actor, (place) => `l.actor_id = ${place}`);
  where('subject', filter.subject, (place) => `l.subject = ${place}`);
  where('from', filter.from, (place) => `l.at >= ${place}::timestamptz`);
  where('to', filter.to, (place) => `l.at < ${place}::timestamptz`);
  const q = filter.q === undefined ? undefined : queryOf(filter.q);
  where('q', q, (place) => `p.words @@ to_tsquery('simple', ${place})`);
  const ofLeaf = sealed.map((condition) => `and ${condition}`).join(' ');
  const ofEvent = sealed
    .map((condition) => `and ${condition.replace('l.actor_id', `e.actor ->> 'id'`).replace(/\bl\./g, 'e.')}`)
    .join(' ')
    // What is not sealed yet is little, so that its words are made here.
    .replace(
      'p.words @@',
      `to_tsvector('simple', regexp_replace(e.type || ' ' || e.subject || ' ' || e.actor::text || ' ' || e.data::text || ' ' ||
         coalesce(e.detail::text, ''), '[^[:alnum:]]+', ' ', 'g')) @@`,
    );
  return {
    name: `audit_list_${given.join('_')}`,
    text: `
      select * from (
        (select l.position, l.epoch, l.index, l.event_id from audit_leaf l
           ${q === undefined ? '' : 'join audit_payload p on p.workspace_id = l.workspace_id and p.position = l.position'}
         where l.workspace_id = $1 and l.position < $2 ${ofLeaf} order by l.position desc limit $3)
        union all
        (select e.position, null, null, e.id from event e
         where e.workspace_id = $1 and e.position < $2
           and e.position > (select coalesce(max(settled), 0) from audit_log where workspace_id = $1)
           and not exists (select from audit_leaf l where l.workspace_id = e.workspace_id and l.position = e.position)
           ${ofEvent} order by e.position desc limit $3)
      ) as found order by position desc limit $3`,
    values,
  };
};

/** Statements are prepared under their names: there are as many as there are combinations of filters. */
const lists = new Map<string, ReturnType<typeof statement<Found>>>();
type Found = { position: number; epoch: number | null; index: number | null; event_id: string };

const rowsOf = statement<AuditEntryRow>(
  'audit_entries_by_id',
  `select ${event}, e.position, l.epoch, l.index, l.leaf, l.hash, p.salt, p.payload, ${erasedBy}
   from event e
   left join audit_leaf l on l.workspace_id = e.workspace_id and l.event_id = e.id
   left join audit_payload p on p.workspace_id = l.workspace_id and p.position = l.position
   where e.workspace_id = $1 and e.id = any ($2) order by e.position desc`,
);

/** Events with their places in the log, the newest first; those that are not sealed yet have none. */
export const listAuditEntries = async (
  scope: Scope,
  filter: AuditFilter,
  before: number | null,
  limit: number,
): Promise<AuditEntryRow[]> => {
  if (filter.q !== undefined && searchWords(filter.q).length === 0) return [];
  const { name, text, values } = listOf(filter);
  const list = lists.get(name) ?? statement<Found>(name, text);
  lists.set(name, list);
  const found = await list.all(scope, scope.workspaceId, before ?? Number.MAX_SAFE_INTEGER, limit + 1, ...values);
  return rowsOf.all(
    scope,
    scope.workspaceId,
    found.map(({ event_id: id }) => id),
  );
};

export const getAuditEntry = async (scope: Scope, id: string): Promise<AuditEntryRow | undefined> =>
  (await rowsOf.all(scope, scope.workspaceId, [id]))[0];

/** A leaf with the event it was made from as that stands now; undefined members of the event: its row is gone. */
export type SealedRow = Omit<AuditEntryRow, 'workspace_id' | 'id' | 'leaf' | 'hash' | 'index'> & {
  id: string | null;
  index: number;
  leaf: string;
  hash: Buffer;
};

const range = statement<SealedRow>(
  'audit_range',
  `select ${event}, l.position, l.epoch, l.index, l.leaf, l.hash, p.salt, p.payload, ${erasedBy}
   from audit_leaf l
   left join event e on e.workspace_id = l.workspace_id and e.id = l.event_id
   left join audit_payload p on p.workspace_id = l.workspace_id and p.position = l.position
   where l.workspace_id = $1 and l.epoch = $2 and l.index >= $3 and l.index < $4 order by l.index limit $5`,
);
export const auditRange = (
  scope: Scope,
  epoch: number,
  begin: number,
  end: number,
  limit: number,
): Promise<SealedRow[]> => range.all(scope, scope.workspaceId, epoch, begin, end, limit);

const byTime = statement<{ index: number | null }>(
  'audit_index_at',
  `select min(index) as index from audit_leaf where workspace_id = $1 and epoch = $2 and at >= $3::timestamptz`,
);
const lastByTime = statement<{ index: number | null }>(
  'audit_index_before',
  `select max(index) as index from audit_leaf where workspace_id = $1 and epoch = $2 and at < $3::timestamptz`,
);

/** The first entry at or after a moment, and the one after the last entry before it; null where there is none. */
export const firstIndexAt = async (scope: Scope, epoch: number, at: string): Promise<number | null> =>
  (await byTime.one(scope, scope.workspaceId, epoch, at))?.index ?? null;
export const lastIndexBefore = async (scope: Scope, epoch: number, at: string): Promise<number | null> =>
  (await lastByTime.one(scope, scope.workspaceId, epoch, at))?.index ?? null;

const checkpoints = statement<{ size: number; note: string }>(
  'audit_checkpoint_list',
  `select size, note from audit_checkpoint where workspace_id = $1 and epoch = $2 and size > $3 and size <= $4 order by size`,
);
export const checkpointsBetween = (
  scope: Scope,
  epoch: number,
  after: number,
  upTo: number,
): Promise<{ size: number; note: string }[]> => checkpoints.all(scope, scope.workspaceId, epoch, after, upTo);

const nextCheckpoint = statement<{ size: number; note: string }>(
  'audit_checkpoint_next',
  'select size, note from audit_checkpoint where workspace_id = $1 and epoch = $2 and size >= $3 order by size limit 1',
);
/** The first checkpoint that covers this many entries. */
export const checkpointCovering = (
  scope: Scope,
  epoch: number,
  size: number,
): Promise<{ size: number; note: string } | undefined> => nextCheckpoint.one(scope, scope.workspaceId, epoch, size);
