/** `npm run bench -- gate`: what a whole gate cycle costs, beside the same SQL without us. */
import { parseArgs } from 'node:util';
import { runGate } from './gate/run.ts';

const USAGE = `npm run bench -- gate [--seconds 5] [--rounds 3] [--waiting 100000] [--part cycles|latency|memory]

  --seconds   how long each point is measured
  --rounds    how often limit and product are measured in turn; the ratio is the median
  --waiting   how many executions wait in the part about memory
  --part      only this part; may be given several times`;

const PARTS = ['cycles', 'latency', 'memory'] as const;

const wholeNumber = (name: string, text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} needs a whole number above 0`);
  return number;
};

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      waiting: { type: 'string', default: '100000' },
      part: { type: 'string', multiple: true, default: [...PARTS] },
    },
  });
  if (
    positionals.length !== 1 ||
    positionals[0] !== 'gate' ||
    !values.part.every((part) => PARTS.some((known) => known === part))
  ) {
    console.error(USAGE);
    return 2;
  }
  await runGate({
    seconds: wholeNumber('seconds', values.seconds),
    rounds: wholeNumber('rounds', values.rounds),
    waiting: wholeNumber('waiting', values.waiting),
    parts: new Set(values.part),
    print: (line) => console.log(line),
  });
  return 0;
};

process.exitCode = await main();
