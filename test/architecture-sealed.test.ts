import { SEALED_COLUMNS, UNSEALED_COLUMNS } from '@countersign/store';
import { expect, test } from 'vitest';
import { read } from './repository.ts';

/** Every column of bytes in the schema, as `table.column`. */
const bytesOf = (schema: string): string[] => {
  let table = '';
  return schema.split('\n').flatMap((line) => {
    table = /^create (?:unlogged )?table (\w+)/.exec(line)?.[1] ?? table;
    const column = /^ {2}(\w+) bytea/.exec(line)?.[1];
    return column === undefined ? [] : [`${table}.${column}`];
  });
};

test('T48: every column of bytes is sealed and known to rotate-secret, or said to be no secret: packages/store/src/reseal.ts', () => {
  const known = [...Object.keys(SEALED_COLUMNS), ...Object.keys(UNSEALED_COLUMNS)];
  expect(bytesOf(read('packages/store/schema.sql')).toSorted()).toEqual(known.toSorted());
});

test('and a new one would be seen', () => {
  expect(bytesOf('create unlogged table hook (\n  id text,\n  signing_secret bytea not null\n);')).toEqual([
    'hook.signing_secret',
  ]);
});
