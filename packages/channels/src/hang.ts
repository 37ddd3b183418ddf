/** A provider that takes what it is sent and says nothing: what that does to a kind of channel, tried for real. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Notice, On } from './channel.ts';
import type { Check } from './conformance.ts';
import { createKinds } from './kinds.ts';
import { newVapidKey } from './push/vapid.ts';

/** Each kind has a time-out of its own, and they are all shorter. */
const LIMIT_MS = 25_000;

const silentFetch: typeof fetch = (_input, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
  });

/** A mail server that greets nobody. */
const startSilent = async (): Promise<{ readonly url: string; readonly stop: () => void }> => {
  const sockets = new Set<{ destroy: () => void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // it is hung up on
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server’s address is an object
  const stop = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `smtp://127.0.0.1:${port}`, stop };
};

/** It takes as long as the kind waits for an answer: run it beside the others. */
export const outlastsAHang = async (kind: string, notice: Notice, on: On): Promise<Check> => {
  const name = 'A provider that never answers loses nothing';
  const silent = await startSilent();
  const key = newVapidKey();
  const vapid = (): Promise<typeof key> => Promise.resolve(key);
  const openSocket = (): never => {
    throw new Error('not asked for');
  };
  const hung = createKinds({
    fetch: silentFetch,
    openSocket,
    vapid,
    smtp: { url: silent.url, from: 'check@localhost' },
  });
  const channel = hung.get(kind);
  if (!channel) throw new Error(`no channel of the kind ${kind}`);
  // Nothing is sent: anybody will do, and any point of the curve is a browser’s key.
  const browser = { id: '', endpoint: 'https://push.invalid/', p256dh: key.publicKey, auth: 'AAAAAAAAAAAAAAAAAAAAAA' };
  const reached = {
    ...on,
    recipient: { id: '', name: 'Nobody', email: 'nobody@localhost', phone: '+15550100000', browsers: [browser] },
  };
  const startedMs = performance.now();
  let limit: NodeJS.Timeout | undefined;
  try {
    const outcome = await Promise.race([
      channel.send(channel.render(notice, reached), notice, reached),
      new Promise<null>((resolve) => {
        limit = setTimeout(resolve, LIMIT_MS, null);
      }),
    ]);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    return {
      name,
      passed: outcome?.outcome === 'retry',
      detail: outcome
        ? `${outcome.outcome === 'retry' ? 'given up' : outcome.outcome} after ${seconds} s, to be tried again`
        : `still waiting after ${seconds} s`,
    };
  } finally {
    clearTimeout(limit);
    silent.stop();
  }
};
