/**
 * Opens sockets for the guarded fetch. A guard in the lookup alone is not enough: a literal address is
 * never looked up. So: the literal, then every resolved address, then the peer that was reached.
 */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction, Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';
import { checkAddress, hostOf, portOf, type Destination, type Guard } from './guard.ts';
import { OutboundError } from './outbound-error.ts';

/** Resolves a name to all its addresses. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

const CONNECT_TIMEOUT_MS = 10_000;

export const resolveBySystem: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });

const assertAddress = (address: string, destination: Destination, guard: Guard): void => {
  const problem = checkAddress(address, destination, guard);
  if (problem) throw new OutboundError(problem.code, problem.detail, { hasSent: false });
};

const resolveChecked = async (
  hostname: string,
  destination: Destination,
  guard: Guard,
  resolve: Resolve,
): Promise<LookupAddress[]> => {
  const addresses = await resolve(hostname).catch((cause: unknown) => {
    throw new OutboundError('unresolvable', `${hostname} does not resolve`, { hasSent: false, cause });
  });
  if (addresses.length === 0) throw new OutboundError('unresolvable', `${hostname} has no address`, { hasSent: false });
  // One private address among public ones refuses the whole name: the connection could go to any of them.
  for (const { address } of addresses) assertAddress(address, destination, guard);
  return addresses;
};

const guardedLookup =
  (destination: Destination, guard: Guard, resolve: Resolve): LookupFunction =>
  (hostname, options, callback) => {
    resolveChecked(hostname, destination, guard, resolve).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) callback(null, addresses);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };

/** The last line: whatever was resolved, this is who answers. Destroys the socket if it may not be. */
export const checkPeer = (socket: Socket, destination: Destination, guard: Guard): OutboundError | null => {
  const problem = checkAddress(socket.remoteAddress ?? '', destination, guard);
  if (!problem) return null;
  socket.destroy();
  return new OutboundError(problem.code, problem.detail, { hasSent: false });
};

/** The connector for undici's `Agent`. */
export const guardedConnector =
  (guard: Guard, resolve: Resolve): buildConnector.connector =>
  (options, callback) => {
    const destination = { protocol: options.protocol, port: portOf(options) };
    const host = hostOf(options.hostname);
    try {
      if (ipaddr.isValid(host)) assertAddress(host, destination, guard);
    } catch (error) {
      callback(error as OutboundError, null); // assertAddress throws nothing else
      return;
    }
    const connect = buildConnector({
      timeout: CONNECT_TIMEOUT_MS,
      autoSelectFamily: true,
      lookup: guardedLookup(destination, guard, resolve),
    });
    connect(options, (...[error, socket]) => {
      if (error) {
        callback(error, null);
        return;
      }
      const refusal = checkPeer(socket, destination, guard);
      if (refusal) callback(refusal, null);
      else callback(null, socket);
    });
  };
