/**
 * A tool server that answers with the results of recorded runs and keeps a durable ledger of every call.
 *
 *     node examples/tool-server/server.ts --runs FILE --ledger FILE [--port N]
 *
 * `POST /tools/{name}` with the arguments as JSON; `GET /ledger` for what happened.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { parseArgs } from 'node:util';
import type { Json } from '@countersign/core';
import { type Handler, type Incoming, type Reply, closeOnSignal, jsonReply, listen } from '../recorded-model/listen.ts';
import { type RecordedCall, type Run, readRuns } from '../recorded-model/transcript.ts';
import { type Ledger, type LedgerLine, duplicatesIn, openLedger } from './ledger.ts';

export type ToolServer = { readonly url: string; readonly ledger: Ledger; readonly close: () => Promise<void> };

export type LedgerReport = { readonly lines: readonly LedgerLine[]; readonly duplicates: number };

/** Given where a recording ends between a call and its result. */
export const NO_RESULT = 'Error: the recording ends before the result of this call';

/** Starts the server on 127.0.0.1; port 0 or none takes a free one. */
export const startToolServer = async (options: {
  runs: readonly Run[];
  ledgerFile: string;
  port?: number;
}): Promise<ToolServer> => {
  const ledger = await openLedger(options.ledgerFile);
  const server = await listen(toolHandler(recordedCalls(options.runs), ledger), options.port);
  return {
    url: server.url,
    ledger,
    close: async () => {
      await server.close();
      await ledger.close();
    },
  };
};

const recordedCalls = (runs: readonly Run[]): ReadonlyMap<string, RecordedCall> => {
  const answers = runs.flatMap(({ turns }) => turns.flatMap((turn) => turn.answers));
  const calls = answers.flatMap((answer) => [answer.calls, ...answer.alternatives.map((other) => other.calls)].flat());
  return new Map(calls.map((call) => [call.id, call]));
};

const toolHandler =
  (calls: ReadonlyMap<string, RecordedCall>, ledger: Ledger): Handler =>
  async (request) => {
    if (request.method === 'GET' && request.path === '/ledger') {
      const report: LedgerReport = { lines: ledger.lines(), duplicates: duplicatesIn(ledger.lines()) };
      return jsonReply(200, report);
    }
    const tool = /^\/tools\/([^/]+)$/.exec(request.path)?.[1];
    if (request.method !== 'POST' || tool === undefined)
      return problem(404, `no ${request.method} ${request.path} here`);
    return callTool(decodeURIComponent(tool), request, calls, ledger);
  };

const callTool = async (
  tool: string,
  request: Incoming,
  calls: ReadonlyMap<string, RecordedCall>,
  ledger: Ledger,
): Promise<Reply> => {
  const args = parseJson(request.body);
  if (args === undefined) return problem(400, 'the arguments must be JSON');
  const callId = header(request.headers, 'x-countersign-call');
  const recorded = callId === null ? undefined : calls.get(callId);
  if (recorded?.name !== tool)
    return problem(404, `no recorded call of ${tool} has the id ${callId ?? '(none given)'}`);

  const line = await ledger.record(
    {
      key: header(request.headers, 'idempotency-key'),
      tool,
      arguments: args,
      call: callId,
      execution: header(request.headers, 'x-countersign-execution'),
      conversation: header(request.headers, 'x-countersign-conversation'),
      receivedAtMs: request.receivedAtMs,
    },
    // Also where a reviewer edited the arguments: what an edited call would have returned was not recorded.
    () => recorded.result ?? NO_RESULT,
  );
  if (line.what === 'conflict') return problem(422, 'this Idempotency-Key belongs to another call');
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, chunks: [line.result ?? NO_RESULT] };
};

const header = (headers: IncomingHttpHeaders, name: string): string | null => {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
};

const parseJson = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

const problem = (status: number, detail: string): Reply => jsonReply(status, { error: detail });

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { runs: { type: 'string' }, ledger: { type: 'string' }, port: { type: 'string', default: '0' } },
  });
  if (values.runs === undefined || values.ledger === undefined) throw new Error('say --runs FILE and --ledger FILE');
  const runs = await readRuns(values.runs);
  const server = await startToolServer({ runs, ledgerFile: values.ledger, port: Number(values.port) });
  console.log(`tool server: ${runs.length} runs at ${server.url}/tools, ledger in ${values.ledger}`);
  closeOnSignal(server.close);
};

if (import.meta.main) await main();
