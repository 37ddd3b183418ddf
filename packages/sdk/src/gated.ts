import type { WireApproval } from '@countersign/contract';
import { type GateCall, type GateClient, type GateOptions, type Passed, gate } from './gate.ts';

/** What is asked for, without its arguments, or how to make that from them. */
export type Asking<A extends object> = Omit<GateCall<A>, 'arguments'> | ((args: A) => Omit<GateCall<A>, 'arguments'>);

/**
 * Wraps a function so that it runs only with a gate's leave, on the arguments that were approved. `act` gets the approval,
 * whose id is a good idempotency key for the receiver (null where nobody was asked).
 *
 * @throws as `gate` does, and whatever `act` throws.
 *
 * @example
 * const refund = gated(client, { tool: 'refund' }, async (args: { order: string; amount: string }) => pay(args));
 * await refund({ order: 'A17', amount: '40.00' }, { key: 'refund-A17' });
 */
export const gated =
  <A extends object, R>(client: GateClient, asking: Asking<A>, act: (args: A, approval: WireApproval | null) => R) =>
  async (args: A, options?: GateOptions): Promise<Awaited<R>> => {
    const call = typeof asking === 'function' ? asking(args) : asking;
    const passed: Passed<A> = await gate(client, { ...call, arguments: args }, options);
    return await act(passed.arguments, passed.approval);
  };
