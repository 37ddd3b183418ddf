/**
 * HTTP/1.1 over one kept connection, one request at a time: as little work as possible, so that on a shared machine the
 * load generator takes little from what it measures.
 */
import { type Socket, connect } from 'node:net';

export type Answer = { readonly status: number; readonly body: string };

export type Connection = {
  /** @param onText called with each piece of the body, for streams; the answer's body is then empty */
  readonly call: (method: string, path: string, body?: unknown, onText?: (text: string) => void) => Promise<Answer>;
  readonly close: () => void;
};

type Waiting = {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly onText: ((text: string) => void) | undefined;
};

export const openConnection = async (port: number, key: string): Promise<Connection> => {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let buffer = Buffer.alloc(0);
  let waiting: Waiting | undefined;
  let head: { status: number; length: number; isChunked: boolean } | undefined;
  let pieces: string[] = [];

  const finish = (body: string): void => {
    const answer = { status: head?.status ?? 0, body };
    const { resolve } = waiting ?? {};
    waiting = undefined;
    head = undefined;
    pieces = [];
    resolve?.(answer);
  };

  const readHead = (): boolean => {
    const end = buffer.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const text = buffer.toString('latin1', 0, end);
    buffer = buffer.subarray(end + 4);
    head = {
      status: Number(text.slice(9, 12)),
      length: Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0),
      isChunked: /\r\ntransfer-encoding: *chunked/i.test(text),
    };
    return true;
  };

  /** @returns whether there may be more to read */
  const readChunk = (): boolean => {
    const end = buffer.indexOf('\r\n');
    if (end === -1) return false;
    const size = Number.parseInt(buffer.toString('latin1', 0, end), 16);
    if (buffer.length < end + 2 + size + 2) return false;
    const text = buffer.toString('utf8', end + 2, end + 2 + size);
    buffer = buffer.subarray(end + 2 + size + 2);
    if (size === 0) finish(pieces.join(''));
    else if (waiting?.onText) waiting.onText(text);
    else pieces.push(text);
    return true;
  };

  const readBody = ({ length, isChunked }: NonNullable<typeof head>): boolean => {
    if (isChunked) return readChunk();
    if (buffer.length < length) return false;
    const body = buffer.toString('utf8', 0, length);
    buffer = buffer.subarray(length);
    finish(body);
    return true;
  };

  socket.on('data', (data) => {
    buffer = buffer.length === 0 ? data : Buffer.concat([buffer, data]);
    while (buffer.length > 0 && (head ? readBody(head) : readHead()));
    // A body of no bytes ends with its head.
    if (head && !head.isChunked && head.length === 0) finish('');
  });
  const broken = (): void => waiting?.reject(new Error('the server closed the connection'));
  socket.on('error', broken);
  socket.on('close', broken);

  return {
    call: (method, path, body, onText) =>
      new Promise((resolve, reject) => {
        if (waiting) throw new Error('the connection is busy');
        waiting = { resolve, reject, onText };
        const text = body === undefined ? '' : JSON.stringify(body);
        const content =
          body === undefined ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
        const idempotency = method === 'POST' ? `idempotency-key: ${crypto.randomUUID()}\r\n` : '';
        socket.write(
          `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n${idempotency}${content}\r\n${text}`,
        );
      }),
    close: () => socket.destroy(),
  };
};
