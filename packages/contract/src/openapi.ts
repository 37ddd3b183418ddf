/** The OpenAPI 3.1 document, made from the table of routes. */
import type { z } from 'zod';
import { type Schema, schemaCollector } from './openapi-schemas.ts';
import { PROBLEMS } from './problems.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';

type SchemaOf = (type: z.ZodType, io: 'input' | 'output') => Schema;

const problemResponse = { $ref: '#/components/responses/Problem' };

const parametersOf = (route: Route, schemaOf: SchemaOf): Schema[] => {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const query = route.query ? schemaOf(route.query, 'input') : {};
  const required = (query['required'] ?? []) as string[];
  const inQuery = Object.entries((query['properties'] ?? {}) as Record<string, Schema>).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
  const inHeader = route.idempotency
    ? [
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          schema: { type: 'string', maxLength: 255 },
          description:
            route.idempotency === 'required'
              ? 'Required from API keys. The same key and body give the first answer again, for 7 days.'
              : 'The same key and body give the first answer again, for 7 days.',
        },
      ]
    : [];
  const resume = route.stream
    ? [
        {
          name: 'Last-Event-ID',
          in: 'header',
          required: false,
          schema: { type: 'string' },
          description: 'Go on after this event, as browsers do by themselves.',
        },
      ]
    : [];
  return [...inPath, ...inQuery, ...inHeader, ...resume];
};

const successOf = (route: Route, schemaOf: SchemaOf): Schema => {
  if (route.stream)
    return {
      description: 'Server-sent events',
      content: { 'text/event-stream': { schema: schemaOf(route.stream, 'output') } },
    };
  if (route.file) return { description: 'A file', content: { [route.file]: { schema: { type: 'string' } } } };
  if (!route.response) return { description: 'Done' };
  return { description: 'Success', content: { 'application/json': { schema: schemaOf(route.response, 'output') } } };
};

const operation = (name: string, route: Route, schemaOf: SchemaOf): Schema => ({
  operationId: name,
  tags: [route.tag],
  summary: route.summary,
  ...(route.permission === 'public' || route.permission === 'session'
    ? {}
    : { description: `Needs the permission \`${route.permission}\`.` }),
  security:
    route.permission === 'public'
      ? []
      : route.permission === 'session'
        ? [{ session: [] }]
        : [{ key: [] }, { session: [] }],
  parameters: parametersOf(route, schemaOf),
  ...(route.body
    ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } } }
    : {}),
  responses: { [route.status]: successOf(route, schemaOf), default: problemResponse },
});

/** @returns the document as plain JSON. */
export const openApiDocument = (): Schema => {
  const { components, schemaOf } = schemaCollector();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(routes) as [string, Route][])
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(name, route, schemaOf);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: '0.1.0',
      description: "A person's signature between an AI agent and the real world.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key, `csk_…`' },
        session: { type: 'apiKey', in: 'cookie', name: 'countersign_session' },
      },
      responses: {
        Problem: {
          description: 'A problem (RFC 9457)',
          content: {
            'application/problem+json': {
              schema: {
                type: 'object',
                required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
                properties: {
                  type: { type: 'string' },
                  title: { type: 'string' },
                  status: { type: 'integer' },
                  detail: { type: 'string' },
                  instance: { type: 'string' },
                  code: { type: 'string', enum: Object.keys(PROBLEMS) },
                  errors: {
                    type: 'array',
                    items: {
                      type: 'object',
                      required: ['pointer', 'detail'],
                      properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  };
};
