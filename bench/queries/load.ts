/** Fills one workspace with a million of everything, by SQL alone; constraints between tables are not checked on the way. */
import type pg from 'pg';

export type Sample = {
  readonly approvalId: string;
  readonly executionId: string;
  readonly conversationId: string;
  readonly agentId: string;
  readonly callDigest: string;
  readonly deepCursor: { readonly at: string; readonly id: string };
  readonly feedPlace: { readonly transaction: string; readonly position: number };
};

/** Three approvals, four steps an execution; one in ten approvals is pending; created over a year, the newest now. */
export const loadRows = async (client: pg.Client, workspaceId: string, count: number): Promise<Sample> => {
  await client.query(
    `set session_replication_role = replica; set synchronous_commit = off; set maintenance_work_mem = '512MB'`,
  );
  const moment = `now() - interval '365 days' * (1 - i::float8 / ${count})`;
  // The first rows are the oldest: what is rare is far from every first page.
  const agent = `case when i % (${count} / 20) = 7 then 'agt_rare' else 'agt_' || i % 50 end`;
  await client.query(`insert into workspace (id, name) values ($1, 'Large')`, [workspaceId]);
  await client.query(
    `insert into execution (workspace_id, id, agent_id, agent_version_id, conversation_id, status, input, requesters, started_by, created_at)
     select $1, 'exe_' || lpad(i::text, 27, '0'), ${agent}, 'agv_1', 'cnv_' || i / 5,
       case when i % 100 = 0 then 'awaiting_approval' when i % 20000 = 3 then 'failed' else 'completed' end, '"Go"', '{key_1,usr_1}', '{}',
       now() - interval '365 days' * (1 - i::float8 / (${count} / 3 + 1))
     from generate_series(0, ${count} / 3) i`,
    [workspaceId],
  );
  await client.query(
    `insert into approval (workspace_id, id, kind, status, title, checkpoint, priority, action, digest, call_digest, tool, agent, agent_id,
       execution_id, step_id, conversation_id, requested_by, requesters, input, gate_reason, created_at, expires_at, decided_at, decision)
     select $1, 'apr_' || lpad(i::text, 27, '0'), 'tool_call', status, 'Refund ' || i || ' EUR to customer ' || i % 977,
       case when i % (${count} / 20) = 7 then 'rare_checkpoint' else 'checkpoint_' || i % 100 end,
       case when i % 5000 = 7 then 'critical' else (array['low', 'medium', 'high'])[1 + i % 3] end,
       '{"approval":"apr_' || i || '","arguments":{"amount":' || i || ',"text":"' || repeat('x', 200) || '"}}', 'sha256:' || md5(i::text), 'sha256:' || md5((i % 100000)::text),
       case when i % (${count} / 20) = 7 then 'rare_tool' else 'tool_' || i % 200 end, '{"id":"agt_1","name":"Agent","version":1}', ${agent},
       'exe_' || lpad((i / 3)::text, 27, '0'), 'stp_' || i, 'cnv_' || i / 15, '{"kind":"execution","id":"key_1","name":"the execution"}', '{key_1,usr_1}',
       '"Go"', 'not among the allowed ones', ${moment}, ${moment} + interval '400 days',
       case when status <> 'pending' then ${moment} + interval '5 minutes' end, case when status <> 'pending' then '{"outcome":"x","reason":"because"}'::jsonb end
     from (select i, case when i % 10 = 7 then 'pending' when i % 20 = 3 then 'rejected' when i % 50000 = 11 then 'cancelled' else 'approved' end as status
           from generate_series(0, ${count} - 1) i) numbered`,
    [workspaceId],
  );
  await client.query(
    `insert into step (workspace_id, id, execution_id, position, turn, kind, status, attempt, tool, tool_id, call_id, arguments, call_digest, result, approval_id)
     select $1, 'stp_' || lpad(i::text, 27, '0'), 'exe_' || lpad((i / 3)::text, 27, '0'), i % 3, 1, case when i % 3 = 0 then 'model_turn' else 'tool_call' end,
       case when i % 20 = 3 then 'rejected' else 'completed' end, 1, 'tool_1', 'tol_1', 'call_1', '{"amount":1}', 'sha256:' || md5((i % 100000)::text), repeat('y', 200),
       'apr_' || lpad(i::text, 27, '0')
     from generate_series(0, ${count} - 1) i`,
    [workspaceId],
  );
  await client.query(
    `insert into event (workspace_id, id, type, subject, actor, data, at, transaction)
     select $1, 'evt_' || lpad(i::text, 27, '0'), 'approval.requested', 'apr_' || lpad(i::text, 27, '0'), '{"kind":"system","id":"s","name":"S"}', '{"priority":"low"}',
       ${moment}, (i * 500::bigint / ${count})::text::xid8
     from generate_series(0, ${count} - 1) i`,
    [workspaceId],
  );
  // Ten are due, as many as a process runs at once are held by one that lives, all others are deadlines to come.
  await client.query(
    `insert into job (kind, subject, workspace_id, run_at, locked_by, locked_until)
     select 'expire_approval', 'apr_' || lpad(i::text, 27, '0'), $1, clock_timestamp() + interval '1 second' * (i - 73.5),
       case when i < 64 then 1 end, case when i < 64 then clock_timestamp() + interval '1 hour' end
     from generate_series(0, ${count} - 1) i`,
    [workspaceId],
  );
  await client.query('vacuum analyze');
  const deep = await client.query<{ at: string; id: string }>(
    `select created_at::text as at, id from approval where workspace_id = $1 and status = 'pending' order by created_at desc, id desc offset ${Math.floor(count / 20)} limit 1`,
    [workspaceId],
  );
  const middle = Math.floor(count / 2);
  const id = (prefix: string, number: number): string => `${prefix}_${String(number).padStart(27, '0')}`;
  const digest = await client.query<{ call_digest: string }>(`select call_digest from approval where id = $1`, [
    id('apr', middle),
  ]);
  return {
    approvalId: id('apr', middle),
    executionId: id('exe', Math.floor(middle / 3)),
    conversationId: `cnv_${Math.floor(middle / 15)}`,
    agentId: 'agt_1',
    callDigest: digest.rows[0]?.call_digest ?? '',
    deepCursor: deep.rows[0] ?? { at: '', id: '' },
    feedPlace: { transaction: '499', position: count - 1000 },
  };
};
