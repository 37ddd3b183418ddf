/** An approval's row as the content that people are shown. */
import { createHash } from 'node:crypto';
import { type Digest, type Json, type JsonObject, type ViewedContent, canonicalize, viewOf } from '@countersign/core';
import type { ApprovalRow } from '@countersign/store';

const parse = (text: string | null): Json => (text === null ? null : (JSON.parse(text) as Json));

export const viewedContent = (row: ApprovalRow): ViewedContent => {
  const original = row.original_action === null ? null : (JSON.parse(row.original_action) as JsonObject);
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    checkpoint: row.checkpoint,
    agent: row.agent,
    execution_id: row.execution_id,
    requested_by: row.requested_by,
    risk: row.risk,
    digest: row.digest,
    action: JSON.parse(row.action) as JsonObject,
    arguments_schema: parse(row.arguments_schema) as JsonObject | null,
    original: original && {
      arguments: (original['arguments'] ?? null) as JsonObject | null,
      output: original['output'] ?? null,
    },
    input: parse(row.input),
    gate_reason: row.gate_reason,
    explanation: row.explanation,
    impact: row.impact,
    evidence: row.evidence,
    metadata: row.metadata as JsonObject,
    response_schema: parse(row.response_schema) as JsonObject | null,
    departures: row.departures,
  };
};

/** The digest of the view model, by which a vote says what it was on (trust.md, T10). */
export const viewDigestOf = (content: ViewedContent): Digest =>
  `sha256:${createHash('sha256')
    .update(canonicalize(viewOf(content)))
    .digest('hex')}`;
