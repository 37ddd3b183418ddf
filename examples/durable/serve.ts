/** What the examples of durable engines have in common: a small HTTP server that begins refunds, and receives our webhooks. */
import { appendFileSync } from 'node:fs';
import { type Incoming, jsonReply, listen } from '../recorded-model/listen.ts';

export type Refund = { readonly order: string; readonly cents: number };

/** What each example's engine does. A run makes its refunds one after the other. */
export type Refunds = {
  readonly start: (runId: string, refunds: readonly Refund[]) => Promise<void>;
  /** Null while it runs. */
  readonly resultOf: (runId: string) => Promise<unknown>;
  readonly cancel: (runId: string) => Promise<void>;
  /** Of `webhookHandler`. */
  readonly webhook: (request: Request) => Promise<Response>;
};

const { LEDGER = 'refunds.log', PORT = '0' } = process.env;

/** The act itself. A real one gives the approval's id along, so that its receiver knows it again. */
export const refund = async (args: object): Promise<{ readonly refunded: number }> => {
  const { order, cents } = args as Refund; // As it was asked for, or as a reviewer edited it.
  appendFileSync(LEDGER, `refunded ${cents} cents for ${order}\n`);
  return { refunded: cents };
};

const asRequest = ({ method, path, headers, body }: Incoming): Request =>
  new Request(`http://localhost${path}`, { method, headers: headers as Record<string, string>, body });

/** `POST /runs/{id}` begins, `GET` tells its result, `DELETE` cancels; `POST /webhook` is for our channel. */
export const serveRefunds = async ({ start, resultOf, cancel, webhook }: Refunds): Promise<void> => {
  const { url } = await listen(async (request) => {
    if (request.path === '/webhook') {
      const { status } = await webhook(asRequest(request));
      return { status, headers: {}, chunks: [] };
    }
    const runId = /^\/runs\/([\w-]+)$/.exec(request.path)?.[1];
    if (runId === undefined) return jsonReply(404, {});
    if (request.method === 'GET') return jsonReply(200, { result: await resultOf(runId) });
    if (request.method === 'DELETE') await cancel(runId);
    else await start(runId, JSON.parse(request.body) as Refund[]);
    return jsonReply(202, {});
  }, Number(PORT));
  console.log(`listening at ${url}`);
};
