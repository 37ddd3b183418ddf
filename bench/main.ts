/**
 * `npm run bench -- gate`: what a whole gate cycle costs, beside the same SQL without us; `-- workflow`: what a step does;
 * `-- safety`: what being safe costs; `-- figures` and `-- queries`: times over a million approvals.
 */
import { parseArgs } from 'node:util';
import { runGate } from './gate/run.ts';
import { measureCost } from './safety/cost.ts';
import { measureLog } from './safety/log.ts';
import { runWorkflow } from './workflow/run.ts';

const USAGE = `npm run bench -- gate [--seconds 5] [--rounds 3] [--waiting 100000] [--part cycles|latency|memory]
npm run bench -- workflow [--seconds 5] [--rounds 3] [--part chain|decision] [--at-once 1,16,64]
npm run bench -- figures [1000000] [100000]     figures and pages of so many decided and so many pending ones, through the API
npm run bench -- queries [--rows 1000000]       plans and times of the statements; writes docs/reference/queries.md
npm run bench -- channels [--approvals 10000] [--failing 0.2] [--rounds 3]   deliveries while providers fail
npm run bench -- safety [--seconds 5] [--rounds 3] [--events 1000000] [--part cost|log]

  --seconds   how long each point is measured
  --rounds    how often limit and product are measured in turn; the ratio is the median
  --events    how many entries the audit log has in the part about it
  --waiting   how many executions wait in the part about memory
  --part      only this part; may be given several times
  --at-once   how many workflows at the same time, in turn`;

const PARTS = ['cycles', 'latency', 'memory', 'cost', 'log', 'chain', 'decision'] as const;

const wholeNumber = (name: string, text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} needs a whole number above 0`);
  return number;
};

/** Programs that read the rest of the line themselves. */
const PROGRAMS = new Map([
  ['figures', () => import('./figures.ts')],
  ['queries', () => import('./queries.ts')],
  ['channels', () => import('./channels.ts')],
]);

const main = async (): Promise<number> => {
  const program = PROGRAMS.get(process.argv[2] ?? '');
  if (program) {
    process.argv.splice(2, 1);
    await program();
    return 0;
  }
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      waiting: { type: 'string', default: '100000' },
      events: { type: 'string', default: '1000000' },
      'at-once': { type: 'string', default: '1,16,64' },
      part: { type: 'string', multiple: true, default: [...PARTS] },
    },
  });
  if (
    positionals.length !== 1 ||
    !['gate', 'workflow', 'safety'].includes(positionals[0] ?? '') ||
    !values.part.every((part) => PARTS.some((known) => known === part))
  ) {
    console.error(USAGE);
    return 2;
  }
  const common = {
    seconds: wholeNumber('seconds', values.seconds),
    rounds: wholeNumber('rounds', values.rounds),
    print: (line: string) => console.log(line),
  };
  if (positionals[0] === 'workflow') {
    await runWorkflow({
      ...common,
      parts: new Set(values.part),
      atOnce: values['at-once'].split(',').map((text) => wholeNumber('at-once', text)),
    });
    return 0;
  }
  if (positionals[0] === 'safety') {
    if (values.part.includes('cost')) await measureCost(common);
    if (values.part.includes('log'))
      await measureLog({ events: wholeNumber('events', values.events), print: common.print });
    return 0;
  }
  await runGate({
    ...common,
    waiting: wholeNumber('waiting', values.waiting),
    parts: new Set(values.part),
  });
  return 0;
};

process.exitCode = await main();
