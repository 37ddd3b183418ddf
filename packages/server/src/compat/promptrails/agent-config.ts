/**
 * An agent version's configuration, there and here. PromptRails keeps model and prompt elsewhere and refers to them, so what a
 * configuration leaves out of that stays as it is in the version before; what PromptRails itself puts into a configuration
 * (whether an approval is needed, temperature, tokens) is what the new one says, and nothing of the old.
 */
import type { WireAgentVersion } from '@countersign/contract';
import { type Json, type JsonObject, isObject } from '@countersign/core';

type Config = WireAgentVersion['config'];

/** Kept from the version before, unless the new one says otherwise. */
const INHERITED = [
  'provider',
  'model',
  'base_url',
  'api_key_secret',
  'instructions',
  'tools',
  'max_turns',
  'hitl_mode',
  'price',
] as const satisfies readonly (keyof Config)[];

/** Names of theirs for what we have. */
const RENAMED = {
  approval_checkpoint_name: 'checkpoint_name',
  max_tokens: 'max_output_tokens',
  system_prompt: 'instructions',
} as const satisfies Readonly<Record<string, keyof Config>>;

const OWN = ['temperature', 'max_output_tokens', 'approval_required', 'checkpoint_name'] as const;

const DEFAULT_CHECKPOINT = 'approval';

const hitlConfigOf = (given: JsonObject, before: Config | null): JsonObject => {
  const own = given['hitl_config'];
  const seconds = given['approval_timeout_seconds'];
  const lists = { ...before?.hitl_config, ...(isObject(own) ? own : { timeout_minutes: null }) };
  return typeof seconds === 'number' ? { ...lists, timeout_minutes: seconds / 60 } : lists;
};

/** What it is for us, to be checked by /v1. */
export const toConfig = (given: JsonObject, before: Config | null): JsonObject => {
  const named: Record<string, Json> = {};
  for (const [theirs, ours] of Object.entries(RENAMED))
    if (given[theirs] !== undefined) named[ours] = given[theirs] ?? null;
  for (const name of [...INHERITED, ...OWN]) if (given[name] !== undefined) named[name] = given[name] ?? null;
  const kept = Object.fromEntries(
    INHERITED.flatMap((name) => (before?.[name] === undefined ? [] : [[name, before[name]]])),
  );
  const asks = named['approval_required'] === true;
  return {
    ...(kept as JsonObject),
    ...named,
    ...(asks && named['checkpoint_name'] === undefined ? { checkpoint_name: DEFAULT_CHECKPOINT } : {}),
    hitl_config: hitlConfigOf(given, before),
  };
};

/** As it is read back: what was written, and what holds beside it. */
export const presentConfig = (config: Config, written: Json | undefined): JsonObject => {
  const { checkpoint_name: checkpoint, max_output_tokens: tokens } = config;
  return {
    ...(config as unknown as JsonObject),
    ...(checkpoint === undefined ? {} : { approval_checkpoint_name: checkpoint }),
    ...(tokens === undefined ? {} : { max_tokens: tokens }),
    ...(isObject(written) ? written : {}),
  };
};
