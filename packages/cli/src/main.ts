#!/usr/bin/env node
/** The `countersign` command: finds the subcommand and turns its end into an exit code. */
import { readFileSync } from 'node:fs';
import { closest } from './closest.ts';
import { UsageError } from './command.ts';
import { COMMANDS } from './commands.ts';

async function help(): Promise<string> {
  const all = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const commands = all.map(({ usage, summary }) => `  countersign ${usage}\n      ${summary}\n`);
  return `Countersign puts a person's signature between an AI agent and the real world.\n\n${commands.join('')}\nSettings: countersign config --help`;
}

function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return manifest.version;
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-v') return print(version());
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return print(await help());
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    const near = closest(name, Object.keys(COMMANDS));
    throw new UsageError(
      `There is no command "${name}".${near ? ` Did you mean "${near}"?` : ''} countersign --help lists them.`,
    );
  }
  const command = await load();
  // config answers --help itself: with every setting.
  if (name !== 'config' && rest.some((arg) => arg === '--help' || arg === '-h')) {
    return print(`countersign ${command.usage}\n\n${command.summary}`);
  }
  return command.run(rest);
}

function print(text: string): number {
  console.log(text);
  return 0;
}

/** What node:util's parseArgs throws at an unknown option or a missing value. */
function isArgumentError(error: unknown): error is Error {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const wrongCall = error instanceof UsageError || isArgumentError(error);
  // A bug shows its stack: it is worth a report. Being called wrongly is answered with a sentence.
  console.error(wrongCall ? error.message : error);
  process.exitCode = wrongCall ? 2 : 1;
}
