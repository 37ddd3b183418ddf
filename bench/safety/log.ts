/** An audit log of a million events: sealing them, listing them, exporting them, and verifying the file with nothing installed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { table } from '../gate/figures.ts';
import { openScene } from '../gate/scene.ts';

type LogOptions = { readonly events: number; readonly print: (line: string) => void };

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

export const asSuperuser = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

/** As an afternoon of a busy workspace leaves them: five kinds of events, about so many approvals and actors. */
const INSERT = `insert into event (workspace_id, id, type, subject, actor, data, detail, at)
  select $1, 'evt_' || lpad(n::text, 27, '0'),
    (array['approval.requested', 'approval.vote', 'approval.decided', 'approval.consumed', 'receipt.issued'])[1 + n % 5],
    'apr_' || lpad((n / 5)::text, 27, '0'),
    jsonb_build_object('kind', 'person', 'id', 'usr_' || lpad((n % 200)::text, 27, '0'), 'name', 'Person ' || n % 200),
    jsonb_build_object('digest', 'sha256:' || encode(sha256(n::text::bytea), 'hex'), 'stage', n % 3),
    case when n % 5 = 2 then jsonb_build_object('reason', 'Reason number ' || n) end,
    now() - interval '30 days' + n * interval '2 seconds'
  from generate_series($2::int, $3::int) n`;

const LISTS: readonly (readonly [string, string])[] = [
  ['the newest 50', '?limit=50'],
  ['of one type', '?limit=50&type=approval.decided'],
  ['about one approval', `?limit=50&subject=apr_${'0'.repeat(22)}12345`],
  ['by one person', `?limit=50&actor=usr_${'0'.repeat(25)}17`],
  ['with a word', '?limit=50&q=number%20500002'],
];

/** The most memory that a process has had so far, in MiB. Linux only. */
const peakMiB = (pid: number): number => {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
  } catch {
    return 0;
  }
};

/** The owner's cookie. */
const signIn = async (base: string, link: string): Promise<string> => {
  const answer = await fetch(`${base}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: link.split('token=')[1] }),
  });
  if (answer.status >= 300) throw new Error(await answer.text());
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
};

const verify = async (
  file: string,
  key: string,
): Promise<{ readonly code: number; readonly peak: number; readonly told: string }> => {
  const child = spawn(process.execPath, [CLI, 'verify', file, '--key', key], { stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  let peak = 0;
  child.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const look = setInterval(() => (peak = Math.max(peak, peakMiB(child.pid ?? 0))), 100);
  const [code] = (await once(child, 'exit')) as [number];
  clearInterval(look);
  return { code, peak, told: told.trim().split('\n')[0] ?? '' };
};

export const measureLog = async ({ events, print }: LogOptions): Promise<void> => {
  const scene = await openScene();
  const folder = mkdtempSync(join(tmpdir(), 'countersign-log-'));
  const client = await asSuperuser(scene.superuserUrl);
  try {
    const server = await scene.startServer();
    const base = `http://127.0.0.1:${server.target.port}`;
    const headers = { cookie: await signIn(base, server.signInUrl) };
    const { rows } = await client.query<{ id: string }>('select id from workspace limit 1');
    const workspace = rows[0]?.id ?? '';
    let startMs = performance.now();
    for (let from = 1; from <= events; from += 50_000)
      await client.query(INSERT, [workspace, from, Math.min(events, from + 49_999)]);
    print(`${events.toLocaleString()} events inserted in ${seconds(startMs)}`);
    await client.query('vacuum analyze event');
    startMs = performance.now();
    for (;;) {
      const { rows: heads } = await client.query<{ size: string }>(
        'select size from audit_log where workspace_id = $1',
        [workspace],
      );
      if (Number(heads[0]?.size ?? 0) >= events) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const perSecond = (events * 1000) / (performance.now() - startMs);
    print(`sealed in ${seconds(startMs)}: ${perSecond.toFixed(0)} a second`);
    await client.query('vacuum analyze');

    const lists: string[][] = [];
    for (const [name, query] of LISTS) {
      const times: number[] = [];
      for (let run = 0; run < 21; run += 1) {
        const beganMs = performance.now();
        const answer = await fetch(`${base}/v1/audit${query}`, { headers });
        if (answer.status !== 200) throw new Error(await answer.text());
        await answer.arrayBuffer();
        if (run > 0) times.push(performance.now() - beganMs);
      }
      const sorted = times.toSorted((a, b) => a - b);
      lists.push([name, `${sorted[10]?.toFixed(1)} / ${sorted[19]?.toFixed(1)}`]);
    }
    print(`\n${table(['list over HTTP', 'p50 / slowest of 20, ms'], lists)}\n`);

    startMs = performance.now();
    const file = join(folder, 'export.jsonl');
    const answer = await fetch(`${base}/v1/audit/export`, { headers });
    if (answer.status !== 200 || !answer.body) throw new Error(await answer.text());
    await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(file));
    print(`exported in ${seconds(startMs)}: ${(statSync(file).size / 1024 / 1024).toFixed(0)} MiB`);
    const checkpoint = await fetch(`${base}/v1/audit/checkpoint`, { headers });
    const { key } = (await checkpoint.json()) as { key: string };
    startMs = performance.now();
    const { code, peak, told } = await verify(file, key);
    print(`verified in ${seconds(startMs)}, at most ${peak.toFixed(0)} MiB, ended with ${code}: ${told}`);
    await server.stop();
  } finally {
    await client.end();
    await scene.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};
