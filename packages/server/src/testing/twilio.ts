/**
 * Twilio as its documentation describes it, on the loopback address: the REST API for messages and calls, and the requests that
 * it signs and posts back. https://www.twilio.com/docs/usage/security and https://www.twilio.com/docs/voice/twiml
 */
import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { twilioSignature } from '@countersign/channels';

export const TWILIO = {
  sid: `AC${'0123456789abcdef'.repeat(2)}`,
  token: 'fedcba9876543210'.repeat(2),
  number: '+15005550006',
} as const;

type Sent = { readonly sid: string; readonly fields: URLSearchParams };

export type TestTwilio = {
  readonly url: string;
  readonly messages: Sent[];
  readonly calls: Sent[];
  /** What happens to the next requests of the API: an error, an answer that gets lost, or what a function does. */
  readonly trouble: (
    | 'lost'
    | { readonly status: number; readonly code?: number }
    | ((response: ServerResponse) => void)
  )[];
  /** Posts a form as Twilio would, to an address of ours. */
  readonly post: (
    url: string,
    fields: Readonly<Record<string, string>>,
    how?: { readonly token?: string; readonly unsigned?: boolean },
  ) => Promise<{ readonly status: number; readonly text: string }>;
  readonly close: () => Promise<void>;
};

export const startTwilio = async (): Promise<TestTwilio> => {
  const messages: Sent[] = [];
  const calls: Sent[] = [];
  const trouble: TestTwilio['trouble'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const answer = (status: number, told: object): void =>
        void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(told));
      const instead = trouble.shift();
      if (typeof instead === 'function') return instead(response);
      if (typeof instead === 'object')
        return answer(instead.status, {
          code: instead.code ?? 20_500,
          message: 'It went wrong',
          status: instead.status,
        });
      const credential = `Basic ${Buffer.from(`${TWILIO.sid}:${TWILIO.token}`).toString('base64')}`;
      if (request.headers.authorization !== credential)
        return answer(401, { code: 20_003, message: 'Authenticate', status: 401 });
      const resource = new RegExp(`^/2010-04-01/Accounts/${TWILIO.sid}/(Messages|Calls)\\.json$`).exec(
        request.url ?? '',
      )?.[1];
      const fields = new URLSearchParams(body);
      if (resource === undefined) return answer(404, { code: 20_404, message: 'Not found', status: 404 });
      if (!/^\+[1-9]\d{6,14}$/.test(fields.get('To') ?? ''))
        return answer(400, { code: 21_211, message: "Invalid 'To' Phone Number", status: 400 });
      const list = resource === 'Messages' ? messages : calls;
      const sid = `${resource === 'Messages' ? 'SM' : 'CA'}${String(list.length + 1).padStart(32, '0')}`;
      list.push({ sid, fields });
      if (instead === 'lost') return void response.destroy();
      answer(201, { sid, status: 'queued' });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  return {
    url: `http://127.0.0.1:${port}`,
    messages,
    calls,
    trouble,
    post: async (url, given, { token = TWILIO.token, unsigned = false } = {}) => {
      const fields = { AccountSid: TWILIO.sid, ...given };
      // eslint-disable-next-line no-restricted-globals
      const answer = await globalThis.fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          ...(unsigned ? {} : { 'x-twilio-signature': twilioSignature(token, url, Object.entries(fields)) }),
        },
        body: new URLSearchParams(fields).toString(),
      });
      return { status: answer.status, text: await answer.text() };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
