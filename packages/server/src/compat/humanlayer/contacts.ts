/** Human contacts: a question to a person, whose answer is a text. */
import type { Json, JsonObject } from '@countersign/core';
import { isObject } from '@countersign/core';
import type { ApprovalRow } from '@countersign/store';
import { invalid } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { BASE, type Found, askUnder, callIdOf, escalate, findCall, optionsIn, readWanted } from './kept.ts';

const TITLE_MAX = 300;
const EXPLANATION_MAX = 2000;

/** A text; and one of the options, where there are some. */
const formOf = (options: readonly JsonObject[]): JsonObject => {
  const names = options.flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
  const choice: JsonObject = names.length === 0 ? {} : { option: { type: 'string', enum: names } };
  return {
    type: 'object',
    properties: { response: { type: 'string', minLength: 1, title: 'Answer' }, ...choice },
    required: ['response'],
    additionalProperties: false,
  };
};

const add = async (asked: Asked) => {
  const wanted = readWanted(await asked.body());
  const { spec, runId } = wanted;
  const message = spec['msg'];
  if (typeof message !== 'string' || message.trim() === '')
    throw invalid([{ pointer: '/spec/msg', detail: 'must be a text' }]);
  const options = optionsIn(spec['response_options']);
  const isLong = message.length > TITLE_MAX;
  await askUnder(
    asked,
    wanted,
    {
      title: isLong ? `${message.slice(0, TITLE_MAX - 1)}…` : message,
      ...(isLong ? { explanation: message.slice(0, EXPLANATION_MAX), input: message } : {}),
      question: formOf(options),
      agent_name: runId,
    },
    { run_id: runId, options: [...options], state: spec['state'] ?? null },
  );
  return { body: await read(asked, wanted.callId) };
};

const read = (asked: Asked, callId: string) =>
  asked.read('getApproval', async (scope) => present(await findCall(scope, callId)));

const present = ({ callId, row, kept }: Found) => ({
  run_id: kept.run_id,
  call_id: callId,
  spec: { msg: row.title, channel: null, response_options: kept.options, state: kept.state },
  status: {
    requested_at: row.created_at.toISOString(),
    responded_at: row.decision?.at ?? null,
    response: responseIn(row),
    response_option_name: memberOf(row.decision?.response, 'option'),
  },
});

const memberOf = (response: Json | undefined, name: string): string | null => {
  const value = isObject(response) ? response[name] : undefined;
  return typeof value === 'string' ? value : null;
};

/** Their clients wait for a text, and for nothing else: so that there will be none must be one. */
const responseIn = ({ status, decision }: ApprovalRow): string | null => {
  const why = decision?.reason ? `: ${decision.reason}` : '.';
  switch (status) {
    case 'pending':
      return null;
    case 'approved':
      return memberOf(decision?.response, 'response') ?? JSON.stringify(decision?.response ?? null);
    case 'rejected':
      return `The person declined to answer${why}`;
    case 'expired':
      return 'Nobody answered in time.';
    case 'cancelled':
      return `The question was withdrawn${why}`;
  }
};

const respond = async (asked: Asked) => {
  const { response, response_option_name: option } = await asked.body();
  const { row } = await asked.read('getApproval', (scope) => findCall(scope, callIdOf(asked)));
  const answer = { response, ...(option === undefined || option === null ? {} : { option }) };
  await asked.call('decideApproval', { params: { id: row.id }, body: { decision: 'approved', response: answer } });
  return { body: await read(asked, callIdOf(asked)) };
};

const ADD = [`${BASE}/contact_requests`, `${BASE}/human_contacts`] as const;

export const contactRoutes: readonly DialectRoute[] = [
  ...ADD.flatMap((path): DialectRoute[] => [
    { method: 'POST', path, answer: add },
    {
      method: 'GET',
      path: `${path}/:id`,
      answer: async (asked) => ({ body: await read(asked, callIdOf(asked)) }),
    },
  ]),
  { method: 'POST', path: `${BASE}/agent/human_contacts/:id/respond`, answer: respond },
  {
    method: 'POST',
    path: `${BASE}/agent/human_contacts/:id/escalate_email`,
    answer: async (asked) => {
      await escalate(asked);
      return { body: await read(asked, callIdOf(asked)) };
    },
  },
];
