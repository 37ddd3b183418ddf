/**
 * A key under which the server keeps its first answer, so that sending the same thing again changes nothing more.
 * Not `crypto.randomUUID`: over plain HTTP on another machine's address browsers have none.
 */
export const newIdempotencyKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
