/** What people say about an approval: comments, questions back, and answers that came too late. */
import type { Actor } from '@countersign/core';
import { type Scope, statement } from './database.ts';

export type CommentRow = {
  id: string;
  approval_id: string;
  author: Actor;
  body: string;
  is_question: boolean;
  created_at: Date;
};

const columns = 'id, approval_id, author, body, is_question, created_at';
const insert = statement<CommentRow>(
  'comment_insert',
  `insert into comment (workspace_id, id, approval_id, author, body, is_question) values ($1, $2, $3, $4, $5, $6) returning ${columns}`,
);
const list = statement<CommentRow>(
  'comment_list',
  `select ${columns} from comment where workspace_id = $1 and approval_id = $2 order by created_at, id limit 1000`,
);

export const insertComment = async (scope: Scope, row: Omit<CommentRow, 'created_at'>): Promise<CommentRow> => {
  const inserted = await insert.one(
    scope,
    scope.workspaceId,
    row.id,
    row.approval_id,
    row.author,
    row.body,
    row.is_question,
  );
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};
export const listComments = (scope: Scope, approvalId: string): Promise<CommentRow[]> =>
  list.all(scope, scope.workspaceId, approvalId);

export type LateAnswerRow = {
  person_id: string;
  name: string;
  vote: 'approved' | 'rejected';
  digest: string | null;
  reason: string | null;
  at: Date;
};

const insertLate = statement(
  'late_answer_insert',
  `insert into late_answer (workspace_id, approval_id, person_id, vote, digest, reason) values ($1, $2, $3, $4, $5, $6)
   on conflict do nothing`,
);
const late = statement<LateAnswerRow>(
  'late_answer_list',
  `select l.person_id, p.name, l.vote, l.digest, l.reason, l.at from late_answer l join person p on p.id = l.person_id
   where l.workspace_id = $1 and l.approval_id = $2 order by l.at`,
);

const reopened = statement<{ id: string }>(
  'approval_reopened',
  'select id from approval where workspace_id = $1 and reopened_from = $2 order by created_at limit 1',
);

/** The approval as which an expired one was taken up again. */
export const reopenedAs = async (scope: Scope, approvalId: string): Promise<string | undefined> =>
  (await reopened.one(scope, scope.workspaceId, approvalId))?.id;

/** Keeps what somebody would have decided; the first answer of each person counts. */
export const insertLateAnswer = (
  scope: Scope,
  row: {
    approvalId: string;
    personId: string;
    vote: 'approved' | 'rejected';
    digest: string | null;
    reason: string | null;
  },
): Promise<number> =>
  insertLate.run(scope, scope.workspaceId, row.approvalId, row.personId, row.vote, row.digest, row.reason);
export const listLateAnswers = (scope: Scope, approvalId: string): Promise<LateAnswerRow[]> =>
  late.all(scope, scope.workspaceId, approvalId);
