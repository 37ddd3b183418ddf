/**
 * One tool of an agent, run by itself and past the same gate: a workflow of one step, which is kept for the next run of the
 * tool with the same names of arguments and the same settings.
 */
import { createHash } from 'node:crypto';
import type { WireExecution } from '@countersign/contract';
import { type JsonObject, isObject } from '@countersign/core';
import { compatNotes, putCompatNote } from '@countersign/store';
import { Problem, invalid } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { bareId } from '../ids.ts';
import { mustStream, tellEvents } from '../sse.ts';
import { untilSettled } from '../until-settled.ts';
import { showId } from './ids.ts';
import { createRunTeller, frameOf } from './run-events.ts';
import { type AgentTools, TIMEOUT_SECONDS, agentIdOf, toolOfAgent, toolsOfAgent } from './tools.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

const definitionOf = ({ config }: AgentTools, tool: string, names: readonly string[]) => {
  const { allowed_tools, blocked_tools, hold_read_only, timeout_minutes } = config.hitl_config;
  const given = Object.fromEntries(names.map((name) => [name, `{{ input.${name} }}`]));
  const call = {
    id: 'call',
    type: 'tool',
    tool,
    arguments: given,
    hitl_mode: config.hitl_mode,
    hitl_config: {
      allowed_tools,
      blocked_tools,
      hold_read_only,
      timeout_minutes: timeout_minutes ?? TIMEOUT_SECONDS / 60,
    },
    on_success: 'done',
  };
  return {
    nodes: [
      { id: 'start', type: 'start', on_success: 'call' },
      call,
      { id: 'done', type: 'end', output: '{{ steps.call.output }}' },
    ],
  };
};

/** The workflow and the number of the version that runs this. */
const prepare = async (asked: Asked, of: AgentTools, tool: string, toolId: string, names: readonly string[]) => {
  const definition = definitionOf(of, tool, names);
  const key = `run ${bareId(of.agent.id)} ${bareId(toolId)}`;
  const shape = createHash('sha256').update(JSON.stringify(definition)).digest('base64url');
  const note = await asked.read('getWorkflow', async (scope) =>
    (await compatNotes(scope, 'agentflow', [key])).get(key),
  );
  const known = isObject(note?.['versions']) ? note['versions'] : {};
  const id = typeof note?.['workflow_id'] === 'string' ? note['workflow_id'] : undefined;
  const number = known[shape];
  if (id !== undefined && typeof number === 'number') return { id, version: number };
  const made =
    id === undefined
      ? await asked.call('createWorkflow', {
          body: { name: `${tool} by ${of.agent.name} (${bareId(toolId)})`.slice(0, 100), definition },
        })
      : undefined;
  const workflowId = id ?? made?.id ?? '';
  const version =
    made?.current_version?.version ??
    (await asked.call('createWorkflowVersion', { params: { id: workflowId }, body: { definition } })).version;
  await asked.write('createWorkflow', (scope) =>
    putCompatNote(scope, 'agentflow', key, { workflow_id: workflowId, versions: { ...known, [shape]: version } }),
  );
  return { id: workflowId, version };
};

const argumentsIn = (body: JsonObject): JsonObject => {
  const { arguments: given = {} } = body;
  if (!isObject(given)) throw invalid([{ pointer: '/arguments', detail: 'must be an object' }]);
  const odd = Object.keys(given).find((name) => !NAME.test(name));
  if (odd !== undefined)
    throw invalid([{ pointer: `/arguments/${odd}`, detail: 'has a name that can not be passed on' }]);
  return given;
};

const start = async (asked: Asked, tool: { id: string; version: number }, body: JsonObject): Promise<WireExecution> => {
  const key = typeof body['idempotency_key'] === 'string' ? body['idempotency_key'] : undefined;
  const inner = await asked.open('executeWorkflow', {
    params: { id: tool.id },
    body: { input: body['arguments'] ?? {}, version: tool.version },
    once: key === undefined ? undefined : `run ${tool.id} ${key}`,
  });
  const answered = (await inner.json()) as WireExecution & { readonly detail?: string };
  if (!inner.ok) throw new Problem('invalid', answered.detail ?? 'The tool could not be run.');
  if (inner.headers.get('idempotency-replayed') === null) return answered;
  const now = await asked.call('getExecution', { params: { id: answered.id } });
  if (now.finished_at === null)
    throw new Problem('idempotency_in_progress', 'The run with this idempotency key has not ended.', {
      call_id: showId('call', now.id),
    });
  return now;
};

const stream = async (asked: Asked, execution: WireExecution, tool: string, input: JsonObject): Promise<Response> => {
  const params = { id: execution.id };
  const teller = createRunTeller(execution.id, tool, 'tool');
  const inner = await mustStream(await asked.open('streamExecution', { params }));
  const steps = async () =>
    (await asked.call('listPendingApprovals', { params })).data.flatMap((approval) => teller.approval(approval));
  return tellEvents(
    inner,
    ['retry: 5000\n\n', ...teller.start(input).map(frameOf)],
    {
      tell: async ({ type }) => (type === 'execution.awaiting_approval' ? (await steps()).map(frameOf) : []),
      end: async () => teller.ended(await asked.call('getExecution', { params })).map(frameOf),
    },
    (problem) => `data: ${JSON.stringify({ type: 'error', content: { message: problem.message } })}\n\n`,
  );
};

const run = async (asked: Asked) => {
  const body = await asked.body();
  const input = argumentsIn(body);
  const of = await asked.read('getTool', (scope) => toolsOfAgent(scope, agentIdOf(asked)));
  const tool = toolOfAgent(of, asked.params['tool'] ?? '');
  const names = Object.keys(input).toSorted();
  const execution = await start(asked, await prepare(asked, of, tool.name, tool.id, names), {
    ...body,
    arguments: input,
  });
  if (body['stream'] === true) return stream(asked, execution, tool.name, input);
  const settled = await untilSettled(asked, execution);
  const pending = await asked.call('listPendingApprovals', { params: { id: settled.id } });
  const teller = createRunTeller(settled.id, tool.name, 'tool');
  return {
    body: {
      call_id: showId('call', settled.id),
      status: settled.status,
      result: settled.output,
      error: settled.error?.message ?? null,
      approvals: pending.data.map(({ id }) => showId('approval', id)),
      events: [
        ...teller.start(input),
        ...pending.data.flatMap((approval) => teller.approval(approval)),
        ...teller.ended(settled),
      ],
    },
  };
};

export const directRunRoutes: readonly DialectRoute[] = [
  { method: 'POST', path: '/api/v1/agent/:agent/tools/:tool/run', answer: run },
];
