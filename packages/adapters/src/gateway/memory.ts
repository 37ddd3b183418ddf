/** What a gateway remembers over its restarts: the definitions of tools that were reviewed, and how often a call was made. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { canonicalize } from '@countersign/sdk';
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

const Kept = z.object({
  /** Names the calls of this gateway. */
  id: z.string(),
  /** By server, by tool: the digest of the definition that is let through. */
  pins: z.record(z.string(), z.record(z.string(), z.string())),
  /** By the digest of a call: how often it was made. The next like it is another one. */
  made: z.record(z.string(), z.number()),
});

export const sha256 = (value: unknown): string => createHash('sha256').update(canonicalize(value)).digest('hex');

/** Everything that a model is told of a tool, and what its annotations claim. */
export const definitionOf = ({ name, title, description, inputSchema, annotations }: Tool): object => ({
  name,
  title,
  description,
  inputSchema,
  annotations,
});

export type Memory = {
  readonly id: string;
  /** Whether this definition may be offered; the first ones of a server that was never seen are taken as they are. */
  readonly isPinned: (server: string, tool: Tool) => boolean;
  readonly pinAll: (server: string, tools: readonly Tool[]) => void;
  readonly isKnown: (server: string) => boolean;
  readonly pin: (server: string, tool: Tool) => void;
  readonly timesMade: (call: string) => number;
  readonly countMade: (call: string) => void;
};

/** Kept in a file that is replaced in one step, and readable for its owner alone. @throws if the file is none of ours */
export const openMemory = (path: string): Memory => {
  const kept = read(path);
  const save = (): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  const pin = (server: string, tools: readonly Tool[]): void => {
    const known = (kept.pins[server] ??= {});
    for (const tool of tools) known[tool.name] = sha256(definitionOf(tool));
    save();
  };
  return {
    id: kept.id,
    isKnown: (server) => Object.hasOwn(kept.pins, server),
    isPinned: (server, tool) => kept.pins[server]?.[tool.name] === sha256(definitionOf(tool)),
    pinAll: pin,
    pin: (server, tool) => pin(server, [tool]),
    timesMade: (call) => kept.made[call] ?? 0,
    countMade: (call) => {
      kept.made[call] = (kept.made[call] ?? 0) + 1;
      save();
    },
  };
};

const read = (path: string): z.infer<typeof Kept> => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { id: crypto.randomUUID(), pins: {}, made: {} };
  }
  return Kept.parse(JSON.parse(text));
};
