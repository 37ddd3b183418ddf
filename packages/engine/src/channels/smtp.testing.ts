/** A small real mail server, which takes mail, or fails as it is told. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { SMTPServer } from 'smtp-server';

export type Taken = { readonly to: string[]; readonly raw: string; readonly headers: Readonly<Record<string, string>> };

export type TestMail = {
  readonly url: string;
  readonly taken: Taken[];
  /** What it says to RCPT TO and to DATA from now on; null: yes. */
  rcpt: number | null;
  data: number | null;
  readonly close: () => Promise<void>;
};

const refusal = (code: number): Error => Object.assign(new Error(`no (${code})`), { responseCode: code });

/** Unfolded (RFC 5322, 2.2.3), names in lower case. */
const headersOf = (raw: string): Record<string, string> =>
  Object.fromEntries(
    (raw.split('\r\n\r\n')[0] ?? '')
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );

export const startMailServer = async (): Promise<TestMail> => {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: (_, __, callback) => callback(mail.rcpt === null ? null : refusal(mail.rcpt)),
    onData: (stream, session, callback) => {
      let raw = '';
      stream.setEncoding('utf8').on('data', (text: string) => (raw += text));
      stream.on('end', () => {
        if (mail.data !== null) return callback(refusal(mail.data));
        taken.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw, headers: headersOf(raw) });
        return callback(null);
      });
    },
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo; // a TCP server's address is an object
  const mail: TestMail = {
    url: `smtp://127.0.0.1:${port}`,
    taken,
    rcpt: null,
    data: null,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return mail;
};

/** Stands before it, and breaks off in the middle of the next mail's DATA, or never says anything. */
export const startBrokenRelay = async (
  target: string,
): Promise<{ url: string; mode: 'pass' | 'cut' | 'hang'; close: () => Promise<void> }> => {
  const { connect } = await import('node:net');
  const sockets = new Set<Socket>();
  const { hostname, port } = new URL(target);
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    if (relay.mode === 'hang') return;
    const upstream = connect(Number(port), hostname);
    sockets.add(upstream);
    upstream.on('error', () => undefined);
    upstream.pipe(client);
    client.on('data', (chunk: Buffer) => {
      if (relay.mode === 'cut' && chunk.includes('Subject:')) {
        upstream.destroy();
        client.destroy();
      } else upstream.write(chunk);
    });
    client.on('close', () => upstream.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const relay = {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, // a TCP server's address is an object
    mode: 'pass' as 'pass' | 'cut' | 'hang',
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return relay;
};
