#!/usr/bin/env node
/** The `countersign` command: finds the subcommand and turns its end into an exit code. */
import { readFileSync } from 'node:fs';
import { UsageError, type Command } from './command.ts';
import { closest } from './closest.ts';
import { configCommand } from './commands/config.ts';
import { devCommand } from './commands/dev.ts';
import { migrateCommand } from './commands/migrate.ts';
import { policyCommand } from './commands/policy.ts';
import { rotateSigningKeyCommand } from './commands/rotate-signing-key.ts';
import { signInLinkCommand } from './commands/sign-in-link.ts';
import { simulateCommand } from './commands/simulate.ts';
import { startCommand } from './commands/start.ts';
import { verifyCommand } from './commands/verify.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  dev: devCommand,
  start: startCommand,
  migrate: migrateCommand,
  config: configCommand,
  policy: policyCommand,
  simulate: simulateCommand,
  verify: verifyCommand,
  'sign-in-link': signInLinkCommand,
  'rotate-signing-key': rotateSigningKeyCommand,
};

function help(): string {
  const commands = Object.values(COMMANDS).map(({ usage, summary }) => `  countersign ${usage}\n      ${summary}\n`);
  return `Countersign puts a person's signature between an AI agent and the real world.\n\n${commands.join('')}\nSettings: countersign config --help`;
}

function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return manifest.version;
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-v') return print(version());
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return print(help());
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    const near = closest(name, Object.keys(COMMANDS));
    throw new UsageError(
      `There is no command "${name}".${near ? ` Did you mean "${near}"?` : ''} countersign --help lists them.`,
    );
  }
  // config answers --help itself: with every setting.
  if (command !== configCommand && rest.some((arg) => arg === '--help' || arg === '-h')) {
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
