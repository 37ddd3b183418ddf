/** What proves a decision: the revisions that were decided on, the signed receipt, and what took its use away again. */
import type { Actor } from '@countersign/core';
import { type Scope, statement } from './database.ts';

export type RevisionRow = { revision: number; action: string; digest: string; made_by: Actor; made_at: Date };

const addRevision = statement(
  'revision_insert',
  `insert into approval_revision (workspace_id, approval_id, revision, action, digest, made_by, made_at)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);
const revisions = statement<RevisionRow>(
  'revision_list',
  `select revision, action, digest, made_by, made_at from approval_revision
   where workspace_id = $1 and approval_id = $2 order by revision`,
);

/** Keeps the content that an edit made, whose number it carries. */
export const insertRevision = (scope: Scope, approvalId: string, row: RevisionRow): void =>
  addRevision.send(
    scope,
    scope.workspaceId,
    approvalId,
    row.revision,
    row.action,
    row.digest,
    row.made_by,
    row.made_at,
  );

/** What edits made of it, the first first. What was asked for is not among them. */
export const listRevisions = (scope: Scope, approvalId: string): Promise<RevisionRow[]> =>
  revisions.all(scope, scope.workspaceId, approvalId);

export type ReceiptRow = { jws: string; kid: string; issued_at: Date };

const addReceipt = statement(
  'receipt_insert',
  `insert into receipt (workspace_id, approval_id, jws, kid, issued_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
);
const receipt = statement<ReceiptRow>(
  'receipt_get',
  'select jws, kid, issued_at from receipt where workspace_id = $1 and approval_id = $2',
);

/** Keeps a receipt; the first one stands. */
export const insertReceipt = (scope: Scope, approvalId: string, row: ReceiptRow): void =>
  addReceipt.send(scope, scope.workspaceId, approvalId, row.jws, row.kid, row.issued_at);

export const getReceipt = (scope: Scope, approvalId: string): Promise<ReceiptRow | undefined> =>
  receipt.one(scope, scope.workspaceId, approvalId);

export type RevocationRow = { revoked_by: Actor; reason: string | null; at: Date };

const revoke = statement(
  'revocation_insert',
  'insert into revocation (workspace_id, approval_id, revoked_by, reason, at) values ($1, $2, $3, $4, $5)',
);
const revocation = statement<RevocationRow>(
  'revocation_get',
  'select revoked_by, reason, at from revocation where workspace_id = $1 and approval_id = $2',
);

/** Takes the use of an approval away. The caller holds its row's lock, and has seen that it was not taken. */
export const insertRevocation = (scope: Scope, approvalId: string, row: RevocationRow): void =>
  revoke.send(scope, scope.workspaceId, approvalId, row.revoked_by, row.reason, row.at);

export const getRevocation = (scope: Scope, approvalId: string): Promise<RevocationRow | undefined> =>
  revocation.one(scope, scope.workspaceId, approvalId);

const unused = statement<{ id: string }>(
  'approval_unused',
  `select a.id from approval a
   where a.workspace_id = $1 and a.execution_id = $2 and a.status = 'approved' and a.kind = 'tool_call'
     and not exists (select from consumption c where c.workspace_id = $1 and c.approval_id = a.id)
     and not exists (select from revocation r where r.workspace_id = $1 and r.approval_id = a.id)
   order by a.id for update of a`,
);

/** Locks the approved calls of an execution that were not taken; what takes one locks its row first. */
export const lockUnused = (scope: Scope, executionId: string): Promise<{ id: string }[]> =>
  unused.all(scope, scope.workspaceId, executionId);
