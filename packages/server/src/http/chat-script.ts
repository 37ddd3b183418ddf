/** `/embed/countersign-chat.js`: the chat element for pages of other people, which load it from here. It is no secret. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HEADERS = {
  'content-type': 'text/javascript; charset=utf-8',
  'cache-control': 'public, max-age=300',
  // A module of another origin is loaded only where it may be read.
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
};

/** @returns what answers a request for it */
export const chatScript = (): ((request: Request) => Response) => {
  const body = readFileSync(fileURLToPath(import.meta.resolve('@countersign/embed/countersign-chat.js')));
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"`;
  return (request) =>
    request.headers.get('if-none-match') === etag
      ? new Response(null, { status: 304, headers: { ...HEADERS, etag } })
      : new Response(body, { headers: { ...HEADERS, etag } });
};
