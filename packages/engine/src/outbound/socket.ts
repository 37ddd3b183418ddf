import { Agent, WebSocket as UndiciWebSocket } from 'undici';
import { guardedConnector, resolveBySystem } from './connector.ts';
import { checkUrlWithGuard, compileGuard, type OutboundPolicy } from './guard.ts';
import { OutboundError } from './outbound-error.ts';

export type GuardedSockets = {
  /** Opens a WebSocket to an address that a workspace, or who it talks to, has chosen. @throws OutboundError */
  readonly open: (url: string) => WebSocket;
  /** Ends all of them. */
  readonly close: () => Promise<void>;
};

/** WebSockets under the same guard as every other call: the literal, each resolved address, and the peer that was reached. */
export const createGuardedSockets = (policy: OutboundPolicy): GuardedSockets => {
  const guard = compileGuard(policy);
  const agent = new Agent({
    connect: guardedConnector(guard, resolveBySystem),
    headersTimeout: 15_000,
    bodyTimeout: 0,
  });
  return {
    open: (url) => {
      const problem = checkUrlWithGuard(url.replace(/^ws/, 'http'), guard);
      if (problem) throw new OutboundError(problem.code, problem.detail, { hasSent: false });
      // The same interface as the global one, which takes no dispatcher.
      return new UndiciWebSocket(url, { dispatcher: agent });
    },
    close: () => agent.destroy(),
  };
};
