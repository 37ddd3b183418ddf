/** `npm run replay`: recorded agent runs through the whole product, ending with one JSON line of figures. */
import { USAGE, type ReplayOptions, readOptions } from './replay/options.ts';
import { replay } from './replay/replay.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // The second time somebody means it: what was started is told to end, and not waited for.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  });

const main = async (): Promise<number> => {
  let options: ReplayOptions;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  const { figures, broken } = await replay(options, interrupted.signal);
  for (const promise of broken) console.error(`broken: ${promise}`);
  console.log(JSON.stringify(figures));
  return broken.length > 0 ? 1 : 0;
};

process.exitCode = await main().catch((error: unknown) => {
  console.error(interrupted.signal.aborted ? 'interrupted' : error);
  return interrupted.signal.aborted ? 130 : 2;
});
// Connections that a client keeps open must not hold the program up.
process.exit();
