import { type Route, type RouteName, routes } from '@countersign/contract';
import { SEALED_COLUMNS, UNSEALED_COLUMNS } from '@countersign/store';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { SEALED_ANSWERS } from '../packages/server/src/http/sealed-answers.ts';
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

/** Members of an answer that a credential stands in. */
const GIVES_A_CREDENTIAL = /"(secret|token|password|url)":\{"(type|anyOf)"/;

test('T46: an answer with a credential in it is kept encrypted under its Idempotency-Key', () => {
  const open = (Object.entries(routes) as [RouteName, Route][])
    .filter(([, route]) => route.idempotency && route.response)
    .filter(([, route]) =>
      GIVES_A_CREDENTIAL.test(JSON.stringify(z.toJSONSchema(route.response ?? z.null(), { unrepresentable: 'any' }))),
    )
    .map(([name]) => name)
    .filter((name) => !SEALED_ANSWERS.has(name));
  expect(open).toEqual(Object.keys(NO_CREDENTIAL));
});

/** Answers with such a member that is no credential, and what it is. */
const NO_CREDENTIAL: Readonly<Record<string, string>> = {
  createTool: 'the address that it calls',
  createMcpServer: 'the address of the server',
};
