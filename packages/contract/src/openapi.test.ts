import { Validator } from '@seriousme/openapi-schema-validator';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { openApiDocument } from './openapi.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';
import * as agents from './schemas/agents.ts';
import * as approvals from './schemas/approvals.ts';

type Parameter = { name: string; in: string; required: boolean };
type Operation = {
  operationId: string;
  parameters: Parameter[];
  requestBody?: unknown;
  responses: Record<string, unknown>;
  security: object[];
};
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, object> } };

const document = openApiDocument() as Document & Record<string, unknown>;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);
const table = Object.entries(routes as Record<string, Route>);

/** Every `$ref` in it, wherever. */
const refsIn = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) =>
    key === '$ref' && typeof member === 'string' ? [member] : refsIn(member),
  );
};

const at = (ref: string): unknown =>
  ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);

describe('the OpenAPI document', () => {
  test('is valid by the specification of OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document) as never);
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  test('has exactly one operation for each route, by its name', () => {
    const found = operations.map(({ operation, method, path }) => `${operation.operationId} ${method} ${path}`);
    expect(found.toSorted()).toEqual(table.map(([name, { method, path }]) => `${name} ${method} ${path}`).toSorted());
  });

  test('refers to nothing that is not in it, and keeps nothing that nobody refers to', () => {
    const refs = new Set(refsIn(document));
    expect([...refs].filter((ref) => at(ref) === undefined)).toEqual([]);
    const names = Object.keys(document.components.schemas);
    expect(names.filter((name) => !refs.has(`#/components/schemas/${name}`))).toEqual([]);
    expect(names.filter((name) => !/^[A-Z][A-Za-z]+$/.test(name))).toEqual([]);
  });

  test('names every path parameter, every query parameter and the Idempotency-Key', () => {
    for (const [name, route] of table) {
      const operation = operations.find((entry) => entry.operation.operationId === name)?.operation;
      const of = (place: string): string[] =>
        (operation?.parameters ?? []).filter((found) => found.in === place).map((found) => found.name);
      expect(of('path')).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter));
      const query = route.query as (z.ZodType & { shape: object }) | undefined;
      expect(of('query')).toEqual(Object.keys(query?.shape ?? {}));
      expect(of('header')).toEqual([
        ...(route.idempotency ? ['Idempotency-Key'] : []),
        ...(route.stream ? ['Last-Event-ID'] : []),
      ]);
      expect(operation?.requestBody !== undefined).toBe(route.body !== undefined);
      expect(Object.keys(operation?.responses ?? {})).toEqual([String(route.status), 'default']);
    }
  });

  test('says which operations need no credential', () => {
    const open = operations
      .filter(({ operation }) => operation.security.length === 0)
      .map(({ operation }) => operation.operationId);
    expect(open).toEqual([
      'signIn',
      'previewInvitation',
      'acceptInvitation',
      'getSignInWays',
      'signInWithPassword',
      'mailSignInLink',
      'startPasskeySignIn',
      'signInWithPasskey',
      'startSso',
      'finishSso',
    ]);
  });
});

describe('its schemas', () => {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
  });
  addFormats.default(ajv);
  ajv.addKeyword('components');
  ajv.addSchema({ $id: 'https://countersign.invalid/openapi.json', components: document.components });
  const validatorOf = (name: string) =>
    ajv.compile({ $ref: `https://countersign.invalid/openapi.json#/components/schemas/${name}` });

  test('all compile as JSON Schema 2020-12', () => {
    for (const name of Object.keys(document.components.schemas)) expect(validatorOf(name), name).toBeTypeOf('function');
  });

  const ask = { tool: 'refund', arguments: { amount: 1, deep: [{ a: null }] } };
  const config = { provider: 'openai', model: 'm' };
  const samples: [string, z.ZodType, unknown, boolean][] = [
    ['GateCall', approvals.GateCall, ask, true],
    ['GateCall', approvals.GateCall, { ...ask, priority: 'urgent' }, false],
    ['GateCall', approvals.GateCall, { ...ask, approved: true }, false],
    ['GateCall', approvals.GateCall, { ...ask, tool: '9lives' }, false],
    ['GateCall', approvals.GateCall, { ...ask, arguments: [] }, false],
    ['GateCall', approvals.GateCall, { ...ask, timeout_seconds: 0 }, false],
    ['Decide', approvals.Decide, { decision: 'approved', digest: 'sha256:0', arguments: {} }, true],
    ['Decide', approvals.Decide, { decision: 'maybe' }, false],
    ['CreateAgent', agents.CreateAgent, { name: 'A', config }, true],
    ['CreateAgent', agents.CreateAgent, { name: 'A', config: { ...config, provider: 'skynet' } }, false],
    ['CreateAgent', agents.CreateAgent, { name: '' }, false],
  ];
  test.each(samples)('agree with what the server checks: %s, %#', (name, schema, value, isValid) => {
    expect(schema.safeParse(value).success).toBe(isValid);
    expect(validatorOf(name)(value)).toBe(isValid);
  });
});
