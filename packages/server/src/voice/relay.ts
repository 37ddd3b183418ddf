/** The sockets of ConversationRelay: taken only with the signature of the line's account over the socket's own address. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { whyNotTwilios } from '@countersign/channels';
import { type WebSocket, WebSocketServer } from 'ws';
import type { App } from '../http/context.ts';
import { findLine } from './line.ts';
import { startSession } from './session.ts';

const PATH = /^\/voice\/lines\/(vln_[0-9A-Za-z]{27})\/calls\/(vca_[0-9A-Za-z]{27})\/relay$/;
/** Of one message; nobody says more at once. */
const BYTES_MAX = 65_536;

const refuse = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

/** @returns how to end them all: their calls go on with another process */
export const takeRelays = (app: App, server: Server): (() => void) => {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: BYTES_MAX });

  const listenTo = (
    socket: WebSocket,
    stand: NonNullable<Awaited<ReturnType<typeof findLine>>>,
    callId: string,
  ): void => {
    const session = startSession(app, stand, callId, {
      send: (message) => socket.send(JSON.stringify(message)),
      close: () => socket.close(),
    });
    socket.on('message', (data, isBinary) => {
      if (isBinary) socket.close();
      else session.receive((data as Buffer).toString('utf8'));
    });
    socket.on('close', session.end);
    socket.on('error', session.end);
  };

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const path = new URL(request.url ?? '', 'http://localhost').pathname;
    const [, lineId = '', callId = ''] = PATH.exec(path) ?? [];
    const stand = await findLine(app, lineId);
    if (!stand) return refuse(socket, '404 Not Found');
    const signature = request.headers['x-twilio-signature'];
    const why = whyNotTwilios([stand.account.token], {
      url: `${app.engine.issuer()}${path}`.replace(/^http/, 'ws'),
      headers: new Headers(typeof signature === 'string' ? { 'x-twilio-signature': signature } : {}),
      body: new Uint8Array(),
    });
    if (why !== null) {
      app.engine.log.warn({ line: lineId, reason: why }, 'a socket of a voice line was refused');
      return refuse(socket, '401 Unauthorized');
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => listenTo(accepted, stand, callId));
  };

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    upgrade(request, socket, head).catch((error: unknown) => {
      app.engine.log.warn({ err: error }, 'a socket could not be taken');
      socket.destroy();
    });
  });
  return () => {
    for (const socket of sockets.clients) socket.terminate();
  };
};
