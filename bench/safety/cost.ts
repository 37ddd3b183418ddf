/** What each part of being safe costs a gate cycle: the server with it beside the same server without it, in turn. */
import { cpuOfFamily } from '../gate/cpu.ts';
import { type Measured, median, rate, table } from '../gate/figures.ts';
import type { LoadRequest } from '../gate/load.ts';
import { type Scene, openScene } from '../gate/scene.ts';
import { type Talker, startTalker } from '../gate/talk.ts';
import { asSuperuser } from './log.ts';
import { PARTS } from './parts.ts';

type CostOptions = {
  readonly seconds: number;
  readonly rounds: number;
  readonly print: (line: string) => void;
};

/** Cycles a second, and milliseconds of processor time a cycle of server and database together. */
type Point = { readonly perSecond: number; readonly cpuMs: number };

const CLIENTS = 16;

/** The backlog of a server that sealed nothing is not the next one's to pay for. */
const untilSealed = async (scene: Scene): Promise<void> => {
  const client = await asSuperuser(scene.superuserUrl);
  for (const endMs = Date.now() + 60_000; Date.now() < endMs;) {
    const { rows } = await client.query<{ left: string }>(
      `select count(*) as left from event e where not exists (select from audit_leaf l where l.workspace_id = e.workspace_id and l.event_id = e.id)`,
    );
    if (Number(rows[0]?.left) < 100) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await client.end();
};

const measure = async (scene: Scene, load: Talker, without: string | undefined, seconds: number): Promise<Point> => {
  const server = await scene.startServer(without === undefined ? {} : { without });
  const run = (over: number): Promise<Measured> =>
    load.ask({
      kind: 'outside',
      target: server.target,
      seconds: over,
      load: { clients: CLIENTS },
    } satisfies LoadRequest);
  if (without !== 'sealing') await untilSealed(scene);
  await run(2);
  await scene.analyze();
  const before = (await server.ask<number>('cpu')) + cpuOfFamily(scene.databasePid);
  const measured = await run(seconds);
  const used = (await server.ask<number>('cpu')) + cpuOfFamily(scene.databasePid) - before;
  await server.stop();
  return { perSecond: rate(measured), cpuMs: (used * 1000) / measured.cycles };
};

export const measureCost = async ({ seconds, rounds, print }: CostOptions): Promise<void> => {
  const scene = await openScene();
  const load = startTalker('load.ts');
  try {
    const rows: string[][] = [];
    for (const part of Object.keys(PARTS)) {
      const pairs: { with: Point; without: Point }[] = [];
      for (let round = 0; round < rounds; round += 1) {
        // Whoever comes first in a round is not always the same.
        const order = round % 2 === 0 ? [undefined, part] : [part, undefined];
        const points: Point[] = [];
        for (const without of order) points.push(await measure(scene, load, without, seconds));
        const [first, second] = points as [Point, Point];
        pairs.push(round % 2 === 0 ? { with: first, without: second } : { with: second, without: first });
      }
      const ratios = (pick: (point: Point) => number): number[] =>
        pairs.map((pair) => pick(pair.with) / pick(pair.without));
      const share = (values: readonly number[]): string =>
        `${median(values).toFixed(2)} (${values.map((value) => value.toFixed(2)).join(', ')})`;
      rows.push([part, share(ratios(({ perSecond }) => perSecond)), share(ratios(({ cpuMs }) => cpuMs))]);
      print(`${part}: ${rows.at(-1)?.slice(1).join(' | ')}`);
    }
    print(`\n${table(['part', 'cycles/s, with : without', 'processor time a cycle, with : without'], rows)}`);
  } finally {
    await load.end();
    await scene.stop();
  }
};
