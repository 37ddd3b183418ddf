/** The peer: the same two workflows in DBOS Transact (MIT), on the same PostgreSQL, with as many connections. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { CONNECTIONS_MAX } from '../gate/scene.ts';
import { answerRequests } from '../gate/talk.ts';
import { STEPS } from './steps.ts';

const TOOL = process.env['BENCH_TOOL'] ?? '';

const step = async (run: string, name: string): Promise<unknown> => {
  const response = await fetch(TOOL, { method: 'POST', body: JSON.stringify({ run, step: name }) });
  return response.json();
};

const chain = DBOS.registerWorkflow(
  async (run: string): Promise<void> => {
    for (let index = 0; index < STEPS; index += 1)
      await DBOS.runStep(() => step(run, String(index)), { name: `step ${index}` });
  },
  { name: 'chain' },
);

const decision = DBOS.registerWorkflow(
  async (run: string): Promise<void> => {
    await DBOS.runStep(() => step(run, 'before'), { name: 'before' });
    await DBOS.recv('decision', 600);
    await DBOS.runStep(() => step(run, 'after'), { name: 'after' });
  },
  { name: 'decision' },
);

const handle = async (path: string, run: string): Promise<void> => {
  if (path === '/chain') await DBOS.startWorkflow(chain, { workflowID: run })(run);
  else if (path === '/decision') await DBOS.startWorkflow(decision, { workflowID: run })(run);
  else await DBOS.send(run, 'approved', 'decision');
};

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (piece: Buffer) => (body += piece.toString()));
  request.on('end', () => {
    handle(request.url ?? '', (JSON.parse(body) as { run: string }).run).then(
      () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
});

/** Starts it; the answer is its port. */
export type PeerRequest = 'start';

answerRequests<PeerRequest, number>(async () => {
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: process.env['BENCH_DATABASE'] ?? '',
    systemDatabasePoolSize: CONNECTIONS_MAX,
    logLevel: 'error',
    runAdminServer: false,
  });
  await DBOS.launch();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
});
