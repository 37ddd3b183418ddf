/** What an adapter for a durable engine promises, tried on its example as a process of its own, which is killed in between. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RealServer } from '../../../sdk/src/testing/real-server.ts';
import { type Scene, startScene } from './scene.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

export type EngineExample = {
  /** Of the program. */
  readonly file: string;
  /** Starts what the program needs beside us; with its environment. */
  readonly before: () => Promise<NodeJS.ProcessEnv>;
  readonly after: () => Promise<void>;
  /** Ends the engine itself by SIGKILL, and starts it again, where it is a server of its own. */
  readonly restart?: () => Promise<void>;
};

type Result = { readonly isMade: boolean; readonly message?: string; readonly note?: string | null };

let count = 0;
const next = (): string => `R${Date.now()}-${(count += 1)}`;

/** As the owner does it, for whom alone it is. @returns its secret */
const addWebhook = async ({ url, owner_sign_in_url }: RealServer, target: string): Promise<string> => {
  const post = (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, 'idempotency-key': crypto.randomUUID(), ...headers },
      body: JSON.stringify(body),
    });
  const signedIn = await post('/v1/session', { token: new URL(owner_sign_in_url).hash.slice('#token='.length) });
  expect(signedIn.status, await signedIn.clone().text()).toBe(200);
  const cookie = signedIn.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const event_types = ['approval.decided', 'approval.expired', 'approval.cancelled'];
  const channel = { kind: 'webhook', name: 'Runs', settings: { url: target }, event_types };
  const created = await post('/v1/channels', channel, { cookie });
  expect(created.status, await created.clone().text()).toBe(201);
  return ((await created.json()) as { secret: string }).secret;
};

export const runCases = ({ file, before, after, restart }: EngineExample): void => {
  describe('a run', () => {
    let scene: Scene;
    let relay: Server;
    let folder: string;
    let env: NodeJS.ProcessEnv;
    let worker: ChildProcess | undefined;
    let url = '';
    /** What our server sent, byte for byte, to be sent again. */
    const sent: { readonly headers: Record<string, string>; readonly body: string }[] = [];

    const startWorker = async (): Promise<void> => {
      const child = spawn(process.execPath, [file], { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
      worker = child;
      url = await new Promise<string>((resolve, reject) => {
        child.stdout.on('data', (line: Buffer) => {
          const found = /listening at (\S+)/.exec(line.toString())?.[1];
          if (found !== undefined) resolve(found);
        });
        child.once('exit', (code) => reject(new Error(`the worker ended: ${code}`)));
      });
    };
    const killWorker = async (): Promise<void> => {
      if (!worker || worker.exitCode !== null || worker.signalCode !== null) return;
      const ended = once(worker, 'exit');
      worker.kill('SIGKILL');
      await ended;
    };
    const deliver = async ({ headers, body }: (typeof sent)[number]): Promise<number> =>
      (await fetch(`${url}/webhook`, { method: 'POST', headers, body })).status;

    beforeAll(async () => {
      process.env['COUNTERSIGN_ALLOW_CIDRS'] = '127.0.0.0/8';
      scene = await startScene();
      folder = mkdtempSync(join(tmpdir(), 'cs-run-'));
      // Between our server and the worker, whose port is another one in each life.
      relay = createServer((request, response) => {
        void text(request).then(async (body) => {
          const headers = Object.fromEntries(
            Object.entries(request.headers).filter(([name]) => name.startsWith('webhook-')),
          ) as Record<string, string>;
          sent.push({ headers, body });
          response.writeHead(await deliver({ headers, body }).catch(() => 503)).end();
        });
      });
      await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
      const secret = await addWebhook(scene.server, `http://127.0.0.1:${(relay.address() as AddressInfo).port}`);
      env = {
        ...process.env,
        ...(await before()),
        COUNTERSIGN_URL: scene.server.url,
        COUNTERSIGN_API_KEY: scene.server.agent_key,
        WEBHOOK_SECRET: secret,
        LEDGER: join(folder, 'ledger'),
      };
      await startWorker();
    });
    afterAll(async () => {
      await killWorker();
      relay.close();
      await after();
      rmSync(folder, { recursive: true, force: true });
      await scene.stop();
    });

    const begin = async (runId: string, ...orders: string[]): Promise<void> => {
      const body = JSON.stringify(orders.map((order) => ({ order, cents: 4000 })));
      expect((await fetch(`${url}/runs/${runId}`, { method: 'POST', body })).status).toBe(202);
    };
    const resultOf = async (runId: string): Promise<unknown> => {
      const response = await fetch(`${url}/runs/${runId}`).catch(() => null);
      return response?.ok ? ((await response.json()) as { result: unknown }).result : null;
    };
    const ended = async (runId: string): Promise<Result[]> => {
      await expect.poll(() => resultOf(runId), { timeout: 60_000, interval: 200 }).not.toBeNull();
      return (await resultOf(runId)) as Result[];
    };
    const made = (order: string): string[] =>
      existsSync(join(folder, 'ledger'))
        ? readFileSync(join(folder, 'ledger'), 'utf8')
            .split('\n')
            .filter((line) => line.endsWith(` ${order}`))
        : [];

    test('mixed decisions: approved as asked, rejected with a reason, edited', async () => {
      const [a, b, c] = [next(), next(), next()];
      await begin(a, a, b, c);
      const { id } = await scene.decide(a, 'approved');
      await scene.decide(b, 'rejected', { reason: 'The cap is 20 EUR' });
      await scene.decide(c, 'approved', { arguments: { order: c, cents: 2500 } });
      const results = await ended(a);
      expect(results).toMatchObject([
        { isMade: true, result: { refunded: 4000 }, note: null, approvalId: id },
        { isMade: false, message: expect.stringContaining('The cap is 20 EUR') },
        { isMade: true, result: { refunded: 2500 }, note: expect.stringContaining('A reviewer changed the arguments') },
      ]);
      expect([made(a), made(b), made(c)]).toEqual([
        [`refunded 4000 cents for ${a}`],
        [],
        [`refunded 2500 cents for ${c}`],
      ]);
      expect((await scene.agent.approvals.get(id)).consumed_at).not.toBeNull();
    });

    test('a decision delivered twice, and one that nobody signed, make nothing more', async () => {
      const order = next();
      await begin(order, order);
      await scene.pending(order);
      const forged = { headers: { ...sent.at(-1)?.headers }, body: '{"type":"approval.decided"}' };
      expect(await deliver(forged)).toBe(401);
      await scene.decide(order, 'approved');
      await ended(order);
      const last = sent.at(-1);
      if (!last) throw new Error('nothing was delivered');
      expect(await deliver(last)).toBe(204);
      expect(await deliver(last)).toBe(204);
      await begin(order, order);
      await ended(order);
      expect(made(order)).toHaveLength(1);
    });

    test('over a kill -9 of the worker, of our server and of the engine, it goes on, and acts once', async () => {
      const order = next();
      await begin(order, order);
      const { id } = await scene.pending(order);
      await killWorker();
      await scene.server.kill();
      await restart?.();
      await scene.server.start();
      await startWorker();
      await scene.decide(order, 'approved');
      expect(await ended(order)).toMatchObject([{ isMade: true, approvalId: id }]);
      expect(made(order)).toHaveLength(1);
    });

    test('decided while the worker is away: the webhook comes again', async () => {
      const order = next();
      await begin(order, order);
      await scene.pending(order);
      await killWorker();
      await scene.decide(order, 'approved');
      await startWorker();
      await ended(order);
      expect(made(order)).toHaveLength(1);
    });

    test('cancelled: the approval is withdrawn, and nothing is made', async () => {
      const order = next();
      await begin(order, order);
      const { id } = await scene.pending(order);
      // It may be about to lie down.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect((await fetch(`${url}/runs/${order}`, { method: 'DELETE' })).status).toBe(202);
      const status = async () => (await scene.agent.approvals.get(id)).status;
      await expect.poll(status, { timeout: 60_000 }).toBe('cancelled');
      expect(made(order)).toEqual([]);
    });
  });
};
