/**
 * Starts workflows of one side, and is the HTTP server that their steps call: so it knows when each step begins, whoever
 * runs it. Both sides are started, told of decisions and stepped over HTTP.
 */
import type { AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { type Connection, openConnection } from '../gate/http.ts';
import type { Measured } from '../gate/figures.ts';
import { answerRequests } from '../gate/talk.ts';
import { STEPS } from './steps.ts';

export type Side =
  | {
      readonly side: 'product';
      readonly port: number;
      readonly askKey: string;
      readonly decideKey: string;
      readonly chainId: string;
      readonly decisionId: string;
    }
  | { readonly side: 'peer'; readonly port: number };

export type WorkflowLoad =
  | { readonly what: 'listen' }
  | { readonly what: 'chain' | 'decision'; readonly target: Side; readonly clients: number; readonly seconds: number };

/** Who waits for which step of which run. */
const waiting = new Map<string, (atMs: number) => void>();
const arrival = (run: string, step: string): Promise<number> =>
  new Promise((resolve) => void waiting.set(`${run} ${step}`, resolve));

const server = createHttpServer((request, response) => {
  let body = '';
  request.on('data', (piece: Buffer) => (body += piece.toString()));
  request.on('end', () => {
    const { run, step } = JSON.parse(body) as { run: string; step: string };
    const key = `${run} ${step}`;
    waiting.get(key)?.(performance.now());
    waiting.delete(key);
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"step":"${step}"}`);
  });
});

let count = 0;
const fresh = (): string => `${process.pid}-${(count += 1)}`;

const begin = async (target: Side, ask: Connection, what: 'chain' | 'decision', run: string): Promise<string> => {
  const answer =
    target.side === 'peer'
      ? await ask.call('POST', `/${what}`, { run })
      : await ask.call('POST', `/v1/workflows/${what === 'chain' ? target.chainId : target.decisionId}/execute`, {
          input: { run },
        });
  if (answer.status >= 300) throw new Error(answer.body);
  return target.side === 'peer' ? run : (JSON.parse(answer.body) as { id: string }).id;
};

const PAUSE_MS = 20;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/** What is sent when the decision is made, found before the clock runs. */
const prepareDecision = async (
  target: Side,
  decide: Connection,
  id: string,
): Promise<{ path: string; body: unknown }> => {
  if (target.side === 'peer') {
    await pause();
    return { path: '/send', body: { run: id } };
  }
  for (;;) {
    const listed = await decide.call('GET', `/v1/executions/${id}/pending-approval`);
    const [held] = (JSON.parse(listed.body) as { data: { id: string }[] }).data;
    if (held) {
      const approval = JSON.parse((await decide.call('GET', `/v1/approvals/${held.id}`)).body) as { digest: string };
      return { path: `/v1/approvals/${held.id}/decide`, body: { decision: 'approved', digest: approval.digest } };
    }
    await pause();
  }
};

const client = async (
  request: Extract<WorkflowLoad, { target: Side }>,
  endMs: number,
  latenciesMs: number[],
): Promise<number> => {
  const { target, what } = request;
  const ask = await openConnection(target.port, target.side === 'product' ? target.askKey : '');
  const decide = await openConnection(target.port, target.side === 'product' ? target.decideKey : '');
  let cycles = 0;
  do {
    const run = fresh();
    if (what === 'chain') {
      const last = arrival(run, String(STEPS - 1));
      await begin(target, ask, what, run);
      await last;
    } else {
      const before = arrival(run, 'before');
      const id = await begin(target, ask, what, run);
      await before;
      const { path, body } = await prepareDecision(target, decide, id);
      const after = arrival(run, 'after');
      const startMs = performance.now();
      const answered = decide.call('POST', path, body);
      latenciesMs.push((await after) - startMs);
      await answered;
    }
    if (performance.now() <= endMs) cycles += 1;
  } while (performance.now() < endMs);
  ask.close();
  decide.close();
  return cycles;
};

answerRequests(async (request: WorkflowLoad): Promise<Measured | number> => {
  if (request.what === 'listen') {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }
  const before = process.cpuUsage();
  const latenciesMs: number[] = [];
  const endMs = performance.now() + request.seconds * 1000;
  const cycles = await Promise.all(Array.from({ length: request.clients }, () => client(request, endMs, latenciesMs)));
  const used = process.cpuUsage(before);
  return {
    cycles: cycles.reduce((sum, one) => sum + one, 0),
    seconds: request.seconds,
    cpuSeconds: (used.user + used.system) / 1e6,
    latenciesMs,
  };
});
