/** Where the server is and which key speaks for a script: from the environment, so that no key stands in a command line. */
import { type Client, createClient } from '@countersign/sdk';
import { UsageError } from './command.ts';

/** @throws UsageError naming what is missing */
export const connect = (url: string | undefined): Client => {
  const baseUrl = url ?? process.env['COUNTERSIGN_URL'];
  const apiKey = process.env['COUNTERSIGN_API_KEY'];
  if (!baseUrl) throw new UsageError('Which server? Give --url, or set COUNTERSIGN_URL.');
  if (!apiKey) throw new UsageError('With which key? Set COUNTERSIGN_API_KEY.');
  try {
    return createClient({ baseUrl, apiKey });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};
