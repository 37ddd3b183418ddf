/** The values of options: durations, JSON, the content of a file. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../command.ts';

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `90`, `90s`, `15m`, `2h`, `1d` in seconds. @throws UsageError */
export const durationOf = (option: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const [, count, unit = 's'] = /^(\d+)([smhd])?$/.exec(text) ?? [];
  if (count === undefined) throw new UsageError(`--${option} must be a duration such as 90s, 15m, 2h or 1d.`);
  return Number(count) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS]; // The pattern allows no other.
};

const contentOf = (option: string, path: string): string => {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `--${option}: ${path} can not be read: ${String((error as NodeJS.ErrnoException).code ?? error)}`,
    );
  }
};

/** Text as it stands, of a file (`@FILE`) or of standard input (`@-`). @throws UsageError */
const textOf = (option: string, text: string): string =>
  text.startsWith('@') ? contentOf(option, text.slice(1)) : text;

/** JSON as it stands, of a file (`@FILE`) or of standard input (`@-`). @throws UsageError */
export const jsonOf = (option: string, text: string): unknown => {
  try {
    return JSON.parse(textOf(option, text)) as unknown;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--${option} must be JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
};

type JsonObject = Record<string, never>;

/** @throws UsageError unless it is a JSON object */
export const objectOf = (option: string, text: string): JsonObject => {
  const value = jsonOf(option, text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`--${option} must be a JSON object.`);
  return value as JsonObject; // What its members are, the server checks.
};

/** `LABEL=TEXT` or `LABEL=@FILE`. @throws UsageError */
export const evidenceOf = (text: string): { label: string; content: string } => {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError('--evidence must be LABEL=TEXT or LABEL=@FILE.');
  return { label: text.slice(0, at), content: textOf('evidence', text.slice(at + 1)) };
};
