/** Each dialect as a walk through all of its paths needs it: how its clients name themselves, and how it says no. */
import type { TestWorkspace } from '../../testing/workspace.ts';
import { agentflow } from '../agentflow/agentflow.ts';
import type { Dialect } from '../dialect.ts';
import { brandUuid } from '../hookpulse/brand.ts';
import { hookpulse } from '../hookpulse/hookpulse.ts';
import { humanlayer } from '../humanlayer/humanlayer.ts';
import { langgraph } from '../langgraph/langgraph.ts';
import { promptrails } from '../promptrails/promptrails.ts';
import { thinnest } from '../thinnest/thinnest.ts';
import type { Sent } from './send.ts';

export type Door = {
  readonly dialect: Dialect;
  readonly headers: (workspace: TestWorkspace, secret: string) => Readonly<Record<string, string>>;
  /** Why it was refused, from where its clients read that. */
  readonly reason: (sent: Sent) => unknown;
  /** A form that gets past every path's own check, so that what is left to refuse is who sends it. */
  readonly valid: Readonly<Record<string, unknown>>;
};

const bearer = (_: TestWorkspace, secret: string) => ({ authorization: `Bearer ${secret}` });
const detail = ({ body }: Sent): unknown => body?.detail;

const UUID = '00000000-0000-4000-8000-000000000000';
const ZEROS = '0'.repeat(27);

export const DOORS: readonly Door[] = [
  {
    dialect: promptrails,
    headers: (_, secret) => ({ 'x-api-key': secret }),
    reason: ({ body }) => body?.error?.message,
    valid: {
      decision: 'approved',
      name: 'A name',
      content: 'Hi',
      input: 'Hi',
      config: {},
      agent_id: `agt_${ZEROS}`,
      title: 'A title',
    },
  },
  {
    dialect: agentflow,
    headers: bearer,
    reason: detail,
    valid: {
      decision: 'approved',
      enabled: true,
      message: 'Hi',
      name: 'A name',
      agent_id: `agt_${ZEROS}`,
      arguments: {},
      title: 'A title',
      responses: [{ id: ZEROS, action: 'approve' }],
    },
  },
  {
    dialect: thinnest,
    headers: bearer,
    // A text, or what is wrong with each field.
    reason: ({ body }) =>
      Array.isArray(body?.detail) ? body.detail.map(({ msg }: { msg: unknown }) => msg).join() : body?.detail,
    valid: { action: 'approve', agent_id: '1', message: 'Hi' },
  },
  {
    dialect: hookpulse,
    headers: ({ id }, secret) => ({ 'x-hookpulse-api-key': secret, 'x-brand-uuid': brandUuid(id) }),
    reason: ({ body }) => (body?.success === false ? body.error : undefined),
    valid: {
      action: 'approve',
      execution_plan_uuid: UUID,
      workflow_uuid: UUID,
      schedule_uuid: UUID,
      model_to_schedule_uuid: UUID,
      schedule_to: 'workflow',
      domain_uuid: UUID,
      protocol_type: 'https',
      domain: 'api.example.com',
      workflow_name: 'A workflow',
      runtype: 'fifo_sequential',
      webhook_name: 'A call',
      method: 'POST',
      path: '/call',
      index: 0,
      step_identifier: 'call',
      human_approval_required: true,
      interval_value: 1,
      interval_period: 'hour',
      is_one_off_task: false,
      cron_expression: '0 9 * * *',
      cron_timezone: 'UTC',
      solar_event: 'sunset',
      solar_lat: 52.5,
      solar_long: 13.4,
      clocked_run_at: '2030-01-01T00:00:00',
      clocked_timezone: 'UTC',
      update_status_to: 'paused',
    },
  },
  {
    dialect: langgraph,
    headers: (_, secret) => ({ 'x-api-key': secret }),
    reason: detail,
    valid: { command: { resume: [{ type: 'accept' }] }, as_node: '__end__', values: null },
  },
  {
    dialect: humanlayer,
    headers: bearer,
    reason: detail,
    valid: {
      call_id: 'call',
      run_id: 'run',
      spec: { fn: 'pay', kwargs: {}, msg: 'Which?' },
      approved: true,
      response: 'This one',
    },
  },
];
