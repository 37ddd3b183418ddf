/**
 * Socket mode, for who can't be reached from outside: we ask Slack for an address, connect to it, and are sent there what would
 * be posted to us. Each envelope is acknowledged once what is in it is done: https://docs.slack.dev/apis/events-api/using-socket-mode
 */
import type { JsonObject } from '@countersign/core';
import type { At, Connection, Connect } from '../channel.ts';
import { givenSecrets } from '../given-secrets.ts';
import { commandOf } from './receive.ts';
import { type SlackSecrets, callSlack } from './web-api.ts';

const WAIT_MS = 1000;
const WAIT_MAX_MS = 30_000;
/** So long Slack has to greet us. */
const HELLO_MS = 20_000;

type Envelope = {
  readonly type?: string;
  readonly envelope_id?: string;
  readonly payload?: JsonObject;
  readonly accepts_response_payload?: boolean;
};

const parse = (data: unknown): Envelope | null => {
  try {
    return JSON.parse(String(data)) as Envelope;
  } catch {
    return null;
  }
};

/** @returns a fresh address, good once @throws Error in words */
const askForAddress = async (fetcher: typeof fetch, at: At): Promise<string> => {
  const token = givenSecrets<SlackSecrets>(at)[0]?.app_token ?? '';
  const { answer, status } = await callSlack(fetcher, 'apps.connections.open', {}, at, { token });
  const url = answer?.['url'];
  if (answer?.ok && typeof url === 'string') return url;
  throw new Error(`Slack opens no connection: ${answer?.error ?? `answered ${status}`}`);
};

export const connectSlack =
  (fetcher: typeof fetch, open: (url: string) => WebSocket): Connect =>
  (at, take, note): Connection => {
    let socket: WebSocket | undefined;
    let timer: NodeJS.Timeout | undefined;
    let isClosed = false;
    let failures = 0;

    const later = (): void => {
      if (isClosed) return;
      const waitMs = Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** failures) * (0.5 + Math.random() / 2);
      failures += 1;
      timer = setTimeout(() => void start(), waitMs);
    };

    const answer = async (own: WebSocket, envelope: Envelope): Promise<void> => {
      const { payload, envelope_id: id, accepts_response_payload: takesAnswer } = envelope;
      if (!payload || id === undefined) return;
      try {
        const said = await take(commandOf(payload, true));
        const body = takesAnswer && said.body !== '' ? { payload: JSON.parse(said.body) as JsonObject } : {};
        own.send(JSON.stringify({ envelope_id: id, ...body }));
      } catch (error) {
        // Not acknowledged: Slack sends it again, here or on another connection.
        note('what came in on the socket was not carried out', error);
      }
    };

    /** Each has its own end: one that Slack takes down is replaced at once. */
    const listen = (own: WebSocket): void => {
      let isOver = false;
      const over = (isExpected: boolean): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(greeting);
        own.close();
        if (isClosed) return;
        if (isExpected) void start();
        else later();
      };
      const greeting = setTimeout(() => over(false), HELLO_MS);
      own.addEventListener('message', ({ data }) => {
        const envelope = parse(data);
        if (envelope?.type === 'hello') {
          clearTimeout(greeting);
          failures = 0;
        } else if (envelope?.type === 'disconnect') over(true);
        else if (envelope) void answer(own, envelope);
      });
      own.addEventListener('close', () => over(false));
      own.addEventListener('error', () => over(false));
    };

    const start = async (): Promise<void> => {
      try {
        const url = await askForAddress(fetcher, at);
        if (isClosed) return;
        socket = open(url);
        listen(socket);
      } catch (error) {
        note('no socket to Slack', error);
        later();
      }
    };
    void start();
    return {
      close: () => {
        isClosed = true;
        clearTimeout(timer);
        socket?.close();
      },
    };
  };
