/** Cross-site requests with a person's cookie are refused, whatever their content type (trust.md, B9, T37). */
import { Problem } from './problem.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Both signals must agree where both are there: a browser's own word, and the origin of the page. */
export const checkOrigin = (request: Request, publicUrl: string): void => {
  if (SAFE.has(request.method)) return;
  const refuse = (why: string): never => {
    throw new Problem('cross_site', `${why}. Decide from the dashboard itself.`);
  };
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') refuse('The browser says that another site sent the request');
  const origin = request.headers.get('origin');
  if (origin === null) {
    if (site === null) refuse('The request says neither Origin nor Sec-Fetch-Site');
    return;
  }
  if (origin !== publicUrl && !isOwnLoopback(origin, publicUrl, request.headers.get('host')))
    refuse(`The request comes from ${origin}`);
};

const LOOPBACK = /^http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** On one machine the same server has several names: localhost, 127.0.0.1. Elsewhere only its public address is its own. */
const isOwnLoopback = (origin: string, publicUrl: string, host: string | null): boolean =>
  LOOPBACK.test(publicUrl) && LOOPBACK.test(origin) && origin === `http://${host}`;

/**
 * A page whose name was re-pointed at this machine (DNS rebinding) calls us under that name. Where we listen on loopback
 * alone, nobody else's name is ours; elsewhere a proxy may have put any name there.
 */
export const checkHost = (request: Request, listensOn: string): void => {
  const host = request.headers.get('host') ?? '';
  if (LOOPBACK.test(`http://${listensOn}`) && host !== '' && !LOOPBACK.test(`http://${host}`))
    throw new Problem('cross_site', `This server listens on this machine alone, and is not ${host}.`);
};
/** The origin at which this request reached us, for what browsers bind to it: our public address, or this machine's name. */
export const ownOrigin = (request: Request, publicUrl: string): string => {
  const here = `http://${request.headers.get('host')}`;
  return isOwnLoopback(here, publicUrl, request.headers.get('host')) ? here : publicUrl;
};

export const isLoopback = (publicUrl: string): boolean => LOOPBACK.test(publicUrl);
