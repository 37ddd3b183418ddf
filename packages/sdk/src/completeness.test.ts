/** Every operation of the API is a method of the client. */
import { expect, test } from 'vitest';
import { createClient } from './client.ts';
import { OPERATIONS } from './operations.ts';

type Method = (...args: readonly unknown[]) => unknown;

/** Every function in the client, at whatever depth. */
const methodsIn = (value: object): Method[] =>
  Object.values(value).flatMap((member: unknown) => {
    if (typeof member === 'function') return [member as Method];
    return typeof member === 'object' && member !== null ? methodsIn(member) : [];
  });

/** Calls with ids for whatever is asked for; what comes back is looked at no further. */
const call = async (method: Method): Promise<void> => {
  const answer = method('id_1', 'id_2');
  if (typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer)
    await (answer as AsyncGenerator).next();
  else await answer;
};

test('each operation is called by some method, under its own method and path', async () => {
  const asked = new Set<string>();
  const fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { pathname } = new URL(url instanceof Request ? url.url : url);
    asked.add(`${init?.method} ${pathname.replaceAll(/id_\d/g, '{}')}`);
    return new Response('{}', { status: 404, headers: { 'content-type': 'application/json' } });
  };
  const client = createClient({ baseUrl: 'http://countersign.test', apiKey: 'csk_1', fetch, retries: 0 });
  for (const method of methodsIn(client)) await call(method).catch(() => undefined);
  const missing = Object.entries(OPERATIONS).filter(
    ([, { method, path }]) => !asked.has(`${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`),
  );
  expect(missing.map(([name]) => name)).toEqual([]);
  expect(asked.size).toBeGreaterThan(100);
});
