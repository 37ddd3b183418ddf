/** `countersign list`: approvals, one a line. */
import { ApiError, type Client, ConnectionError } from '@countersign/sdk';
import { plain } from '../plain.ts';
import { EXIT } from './exit-codes.ts';
import { listedLine } from './show.ts';

export type Listing = Parameters<Client['approvals']['iterate']>[0];

/** @returns the exit code */
export const runList = async (client: Client, filter: Listing, most: number, json: boolean): Promise<number> => {
  let count = 0;
  try {
    for await (const item of client.approvals.iterate({ ...filter, limit: Math.min(most, 200) })) {
      // A list has no digests: who decides from a script needs what is decided on, whole.
      console.log(json ? JSON.stringify(await client.approvals.get(item.id)) : listedLine(item, Date.now()));
      count += 1;
      if (count >= most) break;
    }
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
    console.error(error instanceof ApiError ? `${error.title}: ${plain(error.detail)}` : error.message);
    return EXIT.failed;
  }
  if (count === 0) console.error('None.');
  return EXIT.goAhead;
};
