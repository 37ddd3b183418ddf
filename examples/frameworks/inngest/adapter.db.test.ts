/** Inngest's own SDK, with the example as its worker, and a stand-in for the server that speaks its protocol. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runCases } from '../../../packages/adapters/src/testing/run-cases.ts';
import type { Listening } from '../../recorded-model/listen.ts';
import { startExecutor } from './executor.ts';

let executor: Listening;

runCases({
  file: join(import.meta.dirname, 'worker.ts'),
  before: async () => {
    executor = await startExecutor();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    return { INNGEST_DEV: executor.url, SERVICE_PORT: String(port) };
  },
  after: () => executor.close(),
});
