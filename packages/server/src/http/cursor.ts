/** Opaque, signed places in a list: a cursor is good for the list, workspace and filters it was given out for. */
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { PageStart } from '@countersign/store';
import { Problem } from './problem.ts';

const MAC_BYTES = 12;

export type Cursors = {
  readonly encode: (list: string, place: readonly [string, string]) => string;
  /** @throws Problem `invalid_cursor` */
  readonly decode: (list: string, cursor: string | undefined) => PageStart;
};

/** What a cursor belongs to: route, workspace and filters, but not the page's size. */
export const listName = (route: string, workspaceId: string, query: Readonly<Record<string, unknown>>): string => {
  const { limit: _limit, cursor: _cursor, ...filters } = query;
  return createHash('sha256')
    .update(JSON.stringify([route, workspaceId, Object.entries(filters).toSorted()]))
    .digest('base64');
};

/** @param previous the secret before it, whose cursors are still good */
export const createCursors = (secret: string, previous: string | null = null): Cursors => {
  const keyOf = (from: string): Buffer => Buffer.from(hkdfSync('sha256', from, 'countersign', 'cursor.v1', 32));
  const key = keyOf(secret);
  const keys = previous === null ? [key] : [key, keyOf(previous)];
  const mac = (list: string, body: string, by = key): Buffer =>
    createHmac('sha256', by).update(`${list}\0${body}`).digest().subarray(0, MAC_BYTES);
  return {
    encode: (list, place) => {
      const body = Buffer.from(JSON.stringify(place)).toString('base64url');
      return `${body}.${mac(list, body).toString('base64url')}`;
    },
    decode: (list, cursor) => {
      if (cursor === undefined) return null;
      const [body = ''] = cursor.split('.', 1);
      // As text, so that there is one way to write it.
      const given = Buffer.from(cursor);
      const isOurs = keys.some((by) => {
        const expected = Buffer.from(`${body}.${mac(list, body, by).toString('base64url')}`);
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
      if (!isOurs)
        throw new Problem('invalid_cursor', 'The cursor was not given out for this list with these filters.');
      const [at, id] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [string, string];
      return { at, id };
    },
  };
};
