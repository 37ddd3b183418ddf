import type { WireApproval as Approval } from '@countersign/contract';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, createClient } from './client.ts';
import { UnprovenError } from './gate-errors.ts';
import { gate } from './gate.ts';
import { gated } from './gated.ts';
import { type ApprovalServer, startApprovalServer } from './testing/approval-server.ts';
import { createSigner, refundStatement } from './testing/receipts.ts';

let server: ApprovalServer;
let client: Client;

beforeEach(async () => {
  server = await startApprovalServer();
  client = createClient({ baseUrl: server.url, apiKey: 'csk_test' });
});
afterEach(() => server.stop());

interface Refund {
  order: string;
  cents: number;
}
const call = { tool: 'refund', arguments: { order: 'A17', cents: 4000 } };

const sentTo = (path: string) => server.received.filter(({ url }) => url === path);
const consumed = (): number => sentTo('/v1/receipts/consume').length;

describe('T8: right before the caller acts', () => {
  /** Everything that happens between the decision and the act, in order. */
  const spy = async (before: (id: string) => void = () => undefined) => {
    const order: string[] = [];
    const refund = gated<Refund, void>(client, { tool: 'refund' }, () => {
      order.push(...server.received.map(({ method, url }) => `${method} ${url.replace(/apr_\w+/, '…')}`), 'act');
    });
    const done = refund(call.arguments);
    const { id } = await server.asked();
    server.decide(id, 'approved');
    before(id);
    const said = await done.then(
      () => 'acted' as const,
      (error: unknown) => error,
    );
    return { order, said };
  };

  test('the approval is taken, as the last request of all; the receipt was verified before that', async () => {
    const { order, said } = await spy();
    expect(said).toBe('acted');
    expect(order.slice(-3)).toEqual(['GET /.well-known/jwks.json', 'POST /v1/receipts/consume', 'act']);
  });
  test('nothing is taken and nothing done without a receipt, or with that of another', async () => {
    const other = createSigner();
    const forgeries: ((approval: Approval) => string | null)[] = [
      () => null,
      ({ receipt }) => (receipt ?? '').replace(/.{4}$/, (end) => (end === 'AAAA' ? 'BBBA' : 'AAAA')),
      () => other.receipt(refundStatement()),
      // The server's own key, and yet of another approval.
      () => server.signer.receipt(refundStatement()),
    ];
    for (const forge of forgeries) {
      const { order, said } = await spy((id) => server.tamper(id, (wire) => ({ ...wire, receipt: forge(wire) })));
      expect(said).toBeInstanceOf(UnprovenError);
      expect([order, consumed()]).toEqual([[], 0]);
    }
  });
  test('a receipt of keys that the caller does not trust is not enough, whatever the server publishes', async () => {
    const mine = createSigner();
    const waiting = gate(client, call, { keys: mine.keys });
    const { id } = await server.asked();
    server.decide(id, 'approved');
    await expect(waiting).rejects.toThrow(UnprovenError);
    expect([consumed(), sentTo('/.well-known/jwks.json').length]).toEqual([0, 0]);
    const trusted = gate(client, call, { keys: server.signer.keys });
    const second = await server.asked();
    server.decide(second.id, 'approved');
    expect((await trusted).approval?.id).toBe(second.id);
  });
  test('the keys are asked for once, not for every call', async () => {
    await spy();
    await spy();
    expect(sentTo('/.well-known/jwks.json')).toHaveLength(1);
  });
});
