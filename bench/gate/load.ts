/** The load generator, a process of its own: runs cycles against the server when told to over IPC. */
import { type Client, type CycleKind, type Target, openClient } from './cycles.ts';
import type { Measured } from './figures.ts';
import { answerRequests } from './talk.ts';

export type LoadRequest = {
  readonly kind: CycleKind;
  readonly target: Target;
  readonly seconds: number;
  /** So many cycles one by one; clients that begin their next cycle when their last has ended; or a fixed rate. */
  readonly load: { readonly cycles: number } | { readonly clients: number } | { readonly perSecond: number };
};

const openClients = (request: LoadRequest, count: number): Promise<Client[]> =>
  Promise.all(Array.from({ length: count }, () => openClient(request.kind, request.target)));

const counted = async (request: LoadRequest, cycles: number, latencies: number[]): Promise<void> => {
  const client = await openClient(request.kind, request.target);
  for (let done = 0; done < cycles; done += 1) latencies.push(await client.cycle());
  client.close();
};

const closed = async (request: LoadRequest, count: number, endMs: number, latencies: number[]): Promise<void> => {
  const clients = await openClients(request, count);
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < endMs) {
        const latency = await client.cycle();
        // One that ends too late is no part of the rate.
        if (performance.now() <= endMs) latencies.push(latency);
      }
    }),
  );
  for (const client of clients) client.close();
};

/** Begins cycles on time whether earlier ones have ended or not: a slow server does not slow the asking down. */
const open = async (request: LoadRequest, perSecond: number, endMs: number, latencies: number[]): Promise<void> => {
  const idle = await openClients(request, 16);
  const running = new Set<Promise<void>>();
  const startMs = performance.now();
  for (let begun = 0; performance.now() < endMs;) {
    const due = Math.floor(((performance.now() - startMs) / 1000) * perSecond);
    for (; begun < due; begun += 1) {
      const one = (async () => {
        const client = idle.pop() ?? (await openClient(request.kind, request.target));
        latencies.push(await client.cycle());
        idle.push(client);
      })();
      running.add(one);
      void one.finally(() => running.delete(one)).catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(running);
  for (const client of idle) client.close();
};

answerRequests(async (request: LoadRequest): Promise<Measured> => {
  const latencies: number[] = [];
  const before = process.cpuUsage();
  const startMs = performance.now();
  const endMs = startMs + request.seconds * 1000;
  if ('cycles' in request.load) await counted(request, request.load.cycles, latencies);
  else if ('clients' in request.load) await closed(request, request.load.clients, endMs, latencies);
  else await open(request, request.load.perSecond, endMs, latencies);
  const used = process.cpuUsage(before);
  return {
    cycles: latencies.length,
    seconds: request.seconds,
    cpuSeconds: (used.user + used.system) / 1e6,
    latenciesMs: latencies,
  };
});
