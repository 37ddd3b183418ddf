/** Restate itself: its server as a process, which is killed too, and the example as its service. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { runCases } from '../../../packages/adapters/src/testing/run-cases.ts';

const BINARY = join(import.meta.dirname, '../node_modules/@restatedev/restate-server/lib/index.js');

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

const folder = mkdtempSync(join(tmpdir(), 'cs-restate-'));
let server: ChildProcess | undefined;
let ports: readonly number[] = [];

const start = async (): Promise<void> => {
  const [ingress, admin, node] = ports;
  server = spawn(process.execPath, [BINARY, '--base-dir', folder, '--node-name', 'one', '--bind-ip', '127.0.0.1'], {
    env: {
      ...process.env,
      RESTATE_INGRESS__BIND_PORT: String(ingress),
      RESTATE_ADMIN__BIND_PORT: String(admin),
      RESTATE_BIND_PORT: String(node),
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_LOG_FILTER: 'error',
      RESTATE_DISABLE_TELEMETRY: 'true',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const isUp = async () => (await fetch(`http://127.0.0.1:${admin}/health`).catch(() => null))?.ok ?? false;
  await vi.waitUntil(isUp, { timeout: 60_000, interval: 200 });
  const isOpen = async () => (await fetch(`http://127.0.0.1:${ingress}/restate/health`).catch(() => null))?.ok ?? false;
  await vi.waitUntil(isOpen, { timeout: 60_000, interval: 200 });
};

/** With the binary that the package's script starts. */
const kill = async (): Promise<void> => {
  if (server?.pid === undefined) return;
  const ended = once(server, 'exit');
  process.kill(-server.pid, 'SIGKILL');
  await ended;
};

runCases({
  file: join(import.meta.dirname, 'worker.ts'),
  before: async () => {
    ports = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    await start();
    return {
      RESTATE_INGRESS: `http://127.0.0.1:${ports[0]}`,
      RESTATE_ADMIN: `http://127.0.0.1:${ports[1]}`,
      SERVICE_PORT: String(ports[3]),
    };
  },
  after: async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  },
  restart: async () => {
    await kill();
    await start();
  },
});
