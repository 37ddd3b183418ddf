/** A run that resumes a thread is a decision. */
import { randomUUID } from 'node:crypto';
import { type Json, type JsonObject, isObject } from '@countersign/core';
import type { ApprovalRow } from '@countersign/store';
import { invalid } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { mustGet, threadIdOf } from './threads.ts';

const wrong = (detail: string) => invalid([{ pointer: '/command/resume', detail }]);

/** The one answer in what is resumed with: the inbox sends a list of one, others by the interrupt's id, or as `decisions`. */
const answerIn = (resume: Json | undefined, id: string): JsonObject => {
  if (Array.isArray(resume) && resume.length === 1) return answerIn(resume[0], id);
  if (!isObject(resume)) throw wrong('must hold one answer');
  if (resume[id] !== undefined) return answerIn(resume[id], id);
  return Array.isArray(resume['decisions']) ? answerIn(resume['decisions'], id) : resume;
};

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** What was edited, from either spelling of it. */
const editedIn = (answer: JsonObject): JsonObject => {
  const edited = answer['edited_action'] ?? answer['editedAction'] ?? answer['args'];
  const args = isObject(edited) ? (edited['args'] ?? edited['arguments']) : undefined;
  if (!isObject(args)) throw wrong('an edit needs its args');
  return args;
};

/** @throws Problem `invalid` */
const decisionOf = (row: ApprovalRow, answer: JsonObject): JsonObject => {
  const text = textOf(answer['args']) ?? textOf(answer['message']);
  switch (answer['type']) {
    case 'accept':
    case 'approve':
      return { decision: 'approved' };
    case 'edit': {
      const edited = editedIn(answer);
      return row.kind === 'output'
        ? { decision: 'approved', output: edited['output'] ?? null }
        : { decision: 'approved', arguments: edited };
    }
    case 'response':
    case 'respond':
    case 'reject':
      if (row.kind === 'question' && answer['type'] !== 'reject')
        return { decision: 'approved', response: responseTo(row, text ?? '') };
      return { decision: 'rejected', ...(text === undefined ? {} : { reason: text }) };
    case 'ignore':
      return { decision: 'rejected', reason: text ?? 'Ignored in the Agent Inbox' };
    default:
      throw wrong('its type must be accept, edit, response or ignore');
  }
};

/** The inbox has a field for a text: JSON where the form wants more, else the one member of the form, or the text itself. */
const responseTo = (row: ApprovalRow, text: string): Json => {
  const schema = row.response_schema === null ? null : (JSON.parse(row.response_schema) as Json);
  if (isObject(schema) && schema['type'] === 'string') return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    const members = isObject(schema) && isObject(schema['properties']) ? Object.keys(schema['properties']) : [];
    return members.length === 1 && members[0] !== undefined ? { [members[0]]: text } : text;
  }
};

const resume = async (asked: Asked) => {
  const id = threadIdOf(asked);
  const body = await asked.body();
  const command = body['command'];
  const answer = answerIn(isObject(command) ? command['resume'] : undefined, id);
  const decision = await asked.read('getApproval', async (scope) => decisionOf(await mustGet(scope, id), answer));
  await asked.call('decideApproval', { params: { id }, body: decision });
  const now = new Date().toISOString();
  return {
    run_id: randomUUID(),
    thread_id: id,
    assistant_id: body['assistant_id'] ?? 'countersign',
    created_at: now,
    updated_at: now,
    status: 'success',
    metadata: {},
    kwargs: {},
    multitask_strategy: 'reject',
  };
};

const eventStream = (events: readonly (readonly [string, unknown])[]): Response =>
  new Response(events.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join(''), {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
  });

export const runRoutes: readonly DialectRoute[] = [
  { method: 'POST', path: '/threads/:id/runs', answer: async (asked) => ({ body: await resume(asked) }) },
  {
    method: 'POST',
    path: '/threads/:id/runs/wait',
    answer: async (asked) => {
      const { status } = await resume(asked);
      return { body: { status } };
    },
  },
  {
    method: 'POST',
    path: '/threads/:id/runs/stream',
    // Decided when the answer begins: there is nothing more to stream.
    answer: async (asked) => {
      const { run_id: runId } = await resume(asked);
      return eventStream([
        ['metadata', { run_id: runId, attempt: 1 }],
        ['end', null],
      ]);
    },
  },
];
