/** The two kinds of gate cycle, as a client sees them. */
import { type Answer, type Connection, openConnection } from './http.ts';

export type Target = {
  readonly port: number;
  readonly agentKey: string;
  readonly reviewerKey: string;
  readonly agentId: string;
};

export const CYCLES = ['outside', 'execution'] as const;
export type CycleKind = (typeof CYCLES)[number];

/** One client with its own connections. @returns from decision to going on, in milliseconds */
export type Client = { readonly cycle: () => Promise<number>; readonly close: () => void };

const mustBe = (answer: Answer, status: number): unknown => {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${answer.body.slice(0, 500)}`);
  return JSON.parse(answer.body) as unknown;
};

const PATIENCE_SECONDS = 60;
let count = 0;

/** Ask at the gate, wait, decide, be told, take the approved call: five requests, three of them writing. */
const outside = (asker: Connection, listener: Connection, reviewer: Connection) => async (): Promise<number> => {
  count += 1;
  const asked = mustBe(
    await asker.call('POST', '/v1/gate', {
      tool: 'refund_payment',
      arguments: {
        payment_id: `pay_${process.pid}_${count}`,
        amount_cents: 4200,
        currency: 'EUR',
        reason: 'The parcel came damaged.',
      },
      agent_name: 'Support agent',
      explanation: 'The customer sent a photo of the damaged parcel.',
      timeout_seconds: 3600,
    }),
    200,
  ) as { outcome: string; approval: { id: string; digest: string } };
  if (asked.outcome !== 'hold') throw new Error(`the gate said ${asked.outcome}`);
  const { id, digest } = asked.approval;
  const waiting = listener.call('GET', `/v1/approvals/${id}/wait?timeout=${PATIENCE_SECONDS}`);
  const decidedMs = performance.now();
  const deciding = reviewer.call('POST', `/v1/approvals/${id}/decide`, { decision: 'approved', digest });
  const told = mustBe(await waiting, 200) as { status: string; arguments: object };
  const latencyMs = performance.now() - decidedMs;
  if (told.status !== 'approved') throw new Error(`it was ${told.status}`);
  mustBe(await asker.call('POST', '/v1/receipts/consume', { approval_id: id, digest }), 200);
  mustBe(await deciding, 200);
  return latencyMs;
};

/** Start an agent's execution, follow its events to the gate, look at the approval, decide, see it completed. */
const execution =
  (asker: Connection, listener: Connection, reviewer: Connection, agentId: string) => async (): Promise<number> => {
    const { id } = mustBe(
      await asker.call('POST', `/v1/agents/${agentId}/execute`, { input: 'Where is my parcel?' }),
      201,
    ) as { id: string };
    let seen = '';
    let decidedMs: number | undefined;
    let completedMs: number | undefined;
    const decide = async (): Promise<void> => {
      const pending = mustBe(await reviewer.call('GET', `/v1/executions/${id}/pending-approval`), 200) as {
        data: { id: string }[];
      };
      const approval = mustBe(await reviewer.call('GET', `/v1/approvals/${pending.data[0]?.id ?? ''}`), 200) as {
        id: string;
        digest: string;
      };
      decidedMs = performance.now();
      mustBe(
        await reviewer.call('POST', `/v1/approvals/${approval.id}/decide`, {
          decision: 'approved',
          digest: approval.digest,
        }),
        200,
      );
    };
    let deciding: Promise<void> | undefined;
    const streamed = listener.call('GET', `/v1/executions/${id}/events`, undefined, (text) => {
      seen += text;
      if (seen.includes('event: execution.awaiting_approval')) deciding ??= decide();
      if (seen.includes('event: execution.completed')) completedMs ??= performance.now();
    });
    await streamed;
    await deciding;
    if (decidedMs === undefined || completedMs === undefined)
      throw new Error(`the execution did not complete:\n${seen}`);
    return completedMs - decidedMs;
  };

export const openClient = async (kind: CycleKind, target: Target): Promise<Client> => {
  const asker = await openConnection(target.port, target.agentKey);
  const listener = await openConnection(target.port, target.agentKey);
  const reviewer = await openConnection(target.port, target.reviewerKey);
  return {
    cycle:
      kind === 'outside' ? outside(asker, listener, reviewer) : execution(asker, listener, reviewer, target.agentId),
    close: () => [asker, listener, reviewer].forEach((connection) => connection.close()),
  };
};
