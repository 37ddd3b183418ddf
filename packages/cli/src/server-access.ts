/** Where the server is and which key speaks for a script: from the environment, so that no key stands in a command line. */
import { lstatSync } from 'node:fs';
import { type Client, createClient } from '@countersign/sdk';
import { UsageError } from './command.ts';
import { readDevFile } from './dev/dev-file.ts';

const DEV_FOLDER = '.countersign';

/** A script waits through a restart of the server, also with what it sends. */
const RETRIES = 12;

export type Access = { readonly client: Client; readonly baseUrl: string };

/**
 * From `COUNTERSIGN_URL` and `COUNTERSIGN_API_KEY`; where neither is set, the server that `countersign dev` runs on this folder.
 * @param side whose key of that server: the agent's, which asks, or the reviewer's, which decides
 * @throws UsageError naming what is missing
 */
export const access = (url: string | undefined, side: 'agent' | 'reviewer' = 'agent'): Access => {
  const env = { url: url ?? process.env['COUNTERSIGN_URL'], key: process.env['COUNTERSIGN_API_KEY'] };
  const dev = env.url || env.key ? {} : devServer();
  const baseUrl = env.url || dev.url;
  const apiKey = env.key || (side === 'agent' ? dev.agent_key : dev.reviewer_key);
  if (!baseUrl) throw new UsageError('Which server? Give --url, or set COUNTERSIGN_URL.');
  if (!apiKey) throw new UsageError('With which key? Set COUNTERSIGN_API_KEY.');
  try {
    return { client: createClient({ baseUrl, apiKey, retries: RETRIES }), baseUrl };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

/** @throws UsageError naming what is missing */
export const connect = (url: string | undefined): Client => access(url).client;

/** Only a file that this user wrote for themselves: one that came with a checkout could name a server that approves everything. */
const devServer = (): ReturnType<typeof readDevFile> => {
  const path = `${DEV_FOLDER}/dev.json`;
  const found = lstatSync(path, { throwIfNoEntry: false });
  const isOwn = found?.isFile() && (found.mode & 0o077) === 0 && found.uid === process.getuid?.();
  return isOwn ? readDevFile(DEV_FOLDER) : {};
};

export const approvalLink = (baseUrl: string, id: string): string => `${baseUrl.replace(/\/+$/, '')}/inbox/${id}`;
