/** Secrets that were taken out of payloads, sealed, and the salt of their markers. */
import type { FieldRule, RedactionMode } from '@countersign/core';
import { type Scope, statement } from './database.ts';

type RedactionFacts = {
  readonly mode: RedactionMode | null;
  readonly fields: readonly FieldRule[] | null;
  readonly salt: Buffer | null;
};

const facts = statement<RedactionFacts>(
  'redaction_facts',
  `select w.settings ->> 'redaction' as mode, w.settings -> 'redaction_rules' as fields, s.sealed as salt
   from workspace w left join redaction_salt s on s.workspace_id = w.id where w.id = $1`,
);
const insertSalt = statement(
  'redaction_salt_insert',
  'insert into redaction_salt (workspace_id, sealed) values ($1, $2) on conflict do nothing',
);
const insert = statement(
  'redacted_value_insert',
  'insert into redacted_value (workspace_id, place, marker, sealed) values ($1, $2, $3, $4) on conflict do nothing',
);
const values = statement<{ marker: string; sealed: Buffer }>(
  'redacted_value_list',
  'select marker, sealed from redacted_value where workspace_id = $1 and place = $2 and marker = any($3)',
);

/** How the workspace redacts (null: as it is by default), and its salt, sealed, once it has one. */
export const redactionFacts = async (scope: Scope): Promise<RedactionFacts | undefined> =>
  facts.one(scope, scope.workspaceId);

/** Gives the workspace its salt, unless another transaction has. */
export const addRedactionSalt = (scope: Scope, sealed: Buffer): Promise<number> =>
  insertSalt.run(scope, scope.workspaceId, sealed);

export const keepRedacted = (scope: Scope, place: string, marker: string, sealed: Buffer): void =>
  insert.send(scope, scope.workspaceId, place, marker, sealed);

/** Those of the markers that stand for something in this place. */
export const redactedValues = (
  scope: Scope,
  place: string,
  markers: readonly string[],
): Promise<{ marker: string; sealed: Buffer }[]> => values.all(scope, scope.workspaceId, place, markers);
