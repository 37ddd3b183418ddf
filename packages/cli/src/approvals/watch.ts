/** `countersign watch`: what happens, as it happens. */
import { ApiError, type Client, ConnectionError, type EventType, type StreamEvent } from '@countersign/sdk';
import { plain } from '../plain.ts';
import { EXIT } from './exit-codes.ts';
import { Interrupted, interruptible } from './interrupt.ts';

export type Watching = {
  readonly types: readonly EventType[];
  /** The id of the event to go on after. */
  readonly after: string | undefined;
  readonly json: boolean;
};

/** Goes on over restarts of the server, until it is stopped. @returns the exit code */
export const runWatch = async (client: Client, watching: Watching): Promise<number> =>
  interruptible(async (signal) => {
    const { types, after, json } = watching;
    try {
      for await (const event of client.events.stream({ types: [...types], ...(after ? { after } : {}), signal }))
        console.log(json ? JSON.stringify(event) : await line(client, event));
      return EXIT.failed; // It never ends by itself.
    } catch (error) {
      if (error instanceof Interrupted) return error.exitCode;
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      console.error(error instanceof ApiError ? `${error.title}: ${plain(error.detail)}` : error.message);
      return EXIT.failed;
    }
  });

/** Events carry ids: the title is asked for, where it is an approval and may be read. */
const line = async (client: Client, event: StreamEvent): Promise<string> => {
  const head = `${event.timestamp}  ${event.type.padEnd(18)}  ${event.subject}`;
  const title = event.subject.startsWith('apr_') ? await titleOf(client, event.subject) : '';
  const outcome = typeof event.data['outcome'] === 'string' ? `${event.data['outcome']} ` : '';
  return `${head}  ${outcome}${title}${title ? ' ' : ''}(${plain(event.actor.name)})`;
};

const titleOf = async (client: Client, id: string): Promise<string> => {
  try {
    return plain((await client.approvals.get(id)).title);
  } catch {
    return '';
  }
};
