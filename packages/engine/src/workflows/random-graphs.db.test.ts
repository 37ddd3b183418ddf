/**
 * Exactly where it stopped: random graphs of every node type, with random decisions, while workers are killed (kill -9) and
 * the database crashes. Each must end as the plain model says, and no call of a tool may have happened twice.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WireApproval, WireExecution, WireStep } from '@countersign/contract';
import { type JsonObject, type Workflow, WorkflowSchema } from '@countersign/core';
import { startEmbeddedPostgres } from '@countersign/server/embedded';
import { migrate, openDatabase } from '@countersign/store';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { jsonReply, listen } from '../../../../examples/recorded-model/listen.ts';
import { duplicatesIn, openLedger } from '../../../../examples/tool-server/ledger.ts';
import { type Interpreted, interpret, randomWorld } from '../../../core/src/workflow/testing/interpret.ts';
import { randomWorkflow } from '../../../core/src/workflow/testing/random-workflow.ts';
import { runServer } from '../../../server/src/server.ts';
import { addWorkspace, defineAgent, startModel, testConfig } from '../../../server/src/testing/index.ts';
import { type Process, killAll, startProcess } from '../testing/processes.ts';

const GRAPHS = Number(process.env['WORKFLOW_GRAPHS'] ?? 200);
/** At once on one server. */
const BATCH = 200;
const SEED = Number(process.env['WORKFLOW_SEED'] ?? Date.now() % 1_000_000);
const TOOLS = { good: 'good_tool', bad: 'bad_tool' };
const KILL_WORKER_MS = 1500;
const CRASH_DATABASE_MS = 9000;
const ENDED = new Set(['completed', 'failed', 'rejected', 'cancelled', 'expired']);

afterEach(killAll);

type Case = { readonly workflow: Workflow; readonly input: JsonObject; readonly model: Interpreted; id: string };

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs the work on each, so many at a time. */
const each = async <T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> => {
  const left = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of left) await work(item);
    }),
  );
};

test(
  `${GRAPHS} random graphs end as the model says, and every call with a known result happened once (seed ${SEED})`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-graphs-'));
    // Under root, PostgreSQL runs as another account, which has to walk through here.
    chmodSync(folder, 0o711);
    let postgres = await startEmbeddedPostgres({ dataDir: folder, log: () => undefined });
    const url = postgres.url('countersign');
    await migrate(url);
    const server = await runServer({ ...testConfig(url), role: 'api', logLevel: 'silent' });
    const store = openDatabase(url, 'countersign_api', 2);
    const { keys } = await addWorkspace(store, 'One');

    /** While the database is away, requests are refused with a 5xx: the client asks again, under the same key. */
    const call = async <Body>(
      who: { secret: string },
      method: string,
      path: string,
      body?: unknown,
    ): Promise<{ status: number; body: Body }> => {
      const key = randomUUID();
      for (let attempt = 0; ; attempt += 1) {
        const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${who.secret}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(method === 'POST' ? { 'idempotency-key': key } : {}),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await response.text();
        if (response.status < 500 || attempt > 300) return { status: response.status, body: JSON.parse(text) as Body };
        await sleep(100);
      }
    };

    const ledger = await openLedger(join(folder, 'ledger.jsonl'));
    const tools = await listen(async ({ path, headers, body, receivedAtMs }) => {
      const args = JSON.parse(body) as JsonObject;
      const tool = path.slice(1);
      const one = (name: string): string | null => (typeof headers[name] === 'string' ? headers[name] : null);
      const line = await ledger.record(
        {
          key: one('idempotency-key'),
          tool,
          arguments: args,
          call: `${tool} ${body}`,
          execution: one('x-countersign-execution'),
          conversation: null,
          receivedAtMs,
        },
        () => JSON.stringify({ did: args }),
      );
      return tool === TOOLS.bad
        ? jsonReply(422, { error: 'no' })
        : jsonReply(200, JSON.parse(line.result ?? 'null') as JsonObject);
    });
    for (const name of Object.values(TOOLS)) {
      const made = await call(keys.asking, 'POST', '/v1/tools', {
        name,
        annotations: { idempotent: name === TOOLS.good, destructive: false },
        http: { url: `${tools.url}/${name}` },
      });
      expect(made.status).toBe(201);
    }
    const model = await startModel(({ messages }) => ({
      text: String(messages.findLast(({ role }) => role === 'user')?.content),
    }));
    const agent = await defineAgent({ call: call as never }, keys.asking, model, {}, { hitl_mode: 'disabled' });
    const sub = await call<{ id: string }>(keys.asking, 'POST', '/v1/workflows', {
      name: 'sub',
      definition: {
        nodes: [
          { id: 'begin', type: 'start', on_success: 'done' },
          { id: 'done', type: 'end', output: '{{ input }}' },
        ],
      },
    });

    const world = randomWorld(TOOLS);
    const random = randomWorkflow({ tools: TOOLS, agentId: agent.id, workflowId: sub.body.id, nodesMax: 60 });
    const cases = fc.sample(random, { numRuns: GRAPHS, seed: SEED }).map((written, index): Case => {
      const workflow = WorkflowSchema.parse(written);
      const input = { n: index % 11, list: ['a', 'b'] };
      return { workflow, input, model: interpret(workflow, input, world), id: '' };
    });

    /** Sends the events that its steps take: as many as the model says, some of them before they are waited for. */
    const sendEvents = async ({ workflow, model: wanted, id }: Case): Promise<void> => {
      for (const key of wanted.runs.keys()) {
        const node = workflow.nodes.find((one) => key.endsWith(`/${one.id}`) || key === one.id);
        if (node?.type === 'wait_event' && node.event.startsWith('sent'))
          await call(keys.asking, 'POST', `/v1/executions/${id}/events`, { name: node.event, data: null });
      }
    };

    const start = async (one: Case): Promise<void> => {
      const made = await call<{ id: string; errors?: unknown }>(keys.asking, 'POST', '/v1/workflows', {
        name: `Graph ${randomUUID()}`,
        definition: one.workflow,
      });
      expect(made.status, JSON.stringify(made.body.errors)).toBe(201);
      one.id = (
        await call<WireExecution>(keys.asking, 'POST', `/v1/workflows/${made.body.id}/execute`, { input: one.input })
      ).body.id;
      await sendEvents(one);
    };

    const decided = new Set<string>();
    const decide = async (approval: WireApproval): Promise<void> => {
      decided.add(approval.id);
      moved += 1;
      const said = approval.arguments?.['decide'] ?? 'approved';
      // A call whose result got lost with its process is made again: its key tells the tool.
      const decision = approval.checkpoint === 'unknown_result' ? 'approved' : said;
      if (decision === 'never') return;
      const { status } = await call(keys.deciding, 'POST', `/v1/approvals/${approval.id}/decide`, {
        decision,
        digest: approval.digest,
      });
      expect([200, 409]).toContain(status);
    };
    const decideAll = async (): Promise<void> => {
      const { body } = await call<{ data: { id: string }[] }>(
        keys.deciding,
        'GET',
        '/v1/approvals?status=pending&limit=200',
      );
      await each(
        body.data.filter(({ id }) => !decided.has(id)),
        4,
        async ({ id }) => decide((await call<WireApproval>(keys.deciding, 'GET', `/v1/approvals/${id}`)).body),
      );
    };

    let kills = 0;
    let crashes = 0;
    let isOver = false;
    let moved = 0;
    /** Waits at least this long, and until the work got on since: on a slow machine nobody would ever live long enough. */
    const nextTrouble = async (everyMs: number): Promise<void> => {
      const before = moved;
      for (let waitedMs = 0; (waitedMs < everyMs || moved === before) && !isOver; waitedMs += 100) await sleep(100);
    };
    const workers: Process[] = await Promise.all([startProcess(url), startProcess(url)]);
    const killWorkers = async (): Promise<void> => {
      while (!isOver) {
        await nextTrouble(KILL_WORKER_MS);
        if (isOver) return;
        await workers.shift()?.kill();
        kills += 1;
        // One that starts while the database comes up gives up: a supervisor starts it again.
        let next: Process | null = null;
        while (!next && !isOver) next = await startProcess(url).catch(() => null);
        if (next) workers.push(next);
      }
    };
    const crashDatabase = async (): Promise<void> => {
      while (!isOver) {
        await nextTrouble(CRASH_DATABASE_MS);
        if (isOver) return;
        process.kill(postgres.pid, 'SIGKILL');
        await postgres.exited;
        crashes += 1;
        postgres = await startEmbeddedPostgres({ dataDir: folder, log: () => undefined });
      }
    };

    const waiting = [...cases];
    const trouble = Promise.all([killWorkers(), crashDatabase()]);
    try {
      while (waiting.length > 0) {
        const batch = waiting.splice(0, BATCH);
        await each(batch, 4, start);
        const open = new Set(batch);
        while (open.size > 0) {
          await decideAll();
          await each([...open], 4, async (one) => {
            const { body } = await call<WireExecution>(keys.asking, 'GET', `/v1/executions/${one.id}`);
            if (ENDED.has(body.status) && open.delete(one)) moved += 1;
          });
          await sleep(150);
        }
      }
    } finally {
      isOver = true;
      await trouble;
    }

    await each(cases, 4, async (one) => {
      const { body } = await call<WireExecution>(keys.asking, 'GET', `/v1/executions/${one.id}`);
      const about = `execution ${one.id} of ${JSON.stringify(one.workflow)}`;
      expect({ status: body.status, output: body.output }, about).toEqual({
        status: one.model.status,
        output: one.model.status === 'completed' ? one.model.output : null,
      });
      if (body.status !== 'completed') return;
      const steps = (await call<{ data: WireStep[] }>(keys.asking, 'GET', `/v1/executions/${one.id}/steps`)).body.data;
      const runs = Object.fromEntries(steps.map((step) => [`${step.node?.scope}${step.node?.id}`, step.status]));
      expect(runs, about).toEqual(Object.fromEntries(one.model.runs));
    });
    // One key a run, and one effect a key: a call that was made again found its first answer.
    const lines = ledger.lines();
    expect(lines.length).toBeGreaterThan(GRAPHS / 4);
    expect(duplicatesIn(lines)).toBe(0);
    expect(lines.filter(({ what }) => what === 'conflict')).toEqual([]);
    expect(kills).toBeGreaterThan(0);
    expect(crashes).toBeGreaterThanOrEqual(GRAPHS >= 200 ? 1 : 0);

    await killAll();
    await server.stop();
    await Promise.all([store.close(), tools.close(), model.close(), ledger.close()]);
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  },
  Math.max(GRAPHS * 1500, 600_000),
);
