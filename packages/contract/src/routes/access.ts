import { z } from 'zod';
import { StreamEvent } from '../events.ts';
import { defineRoutes } from '../route.ts';
import * as shapes from '../schemas/access.ts';
import { ListQuery } from '../schemas/agents.ts';

export const accessRoutes = defineRoutes({
  createKey: {
    method: 'POST',
    path: '/v1/api-keys',
    tag: 'API keys',
    summary: 'Create a key; its secret is shown this once',
    permission: 'keys:write',
    body: shapes.CreateKey,
    response: shapes.CreatedKey,
    status: 201,
    idempotency: 'required',
  },
  listKeys: {
    method: 'GET',
    path: '/v1/api-keys',
    tag: 'API keys',
    summary: 'List keys',
    permission: 'keys:read',
    query: ListQuery,
    response: shapes.ApiKeyList,
    status: 200,
  },
  revokeKey: {
    method: 'DELETE',
    path: '/v1/api-keys/{id}',
    tag: 'API keys',
    summary: 'Revoke a key, effective within a second',
    permission: 'keys:write',
    response: null,
    status: 204,
  },
  streamEvents: {
    method: 'GET',
    path: '/v1/events',
    tag: 'Events',
    summary: 'Everything that happens, as it happens',
    permission: 'events:read',
    query: z.strictObject({
      types: z.string().max(1000).optional().describe('comma-separated; else all'),
      after: z.string().max(100).optional().describe('go on after this event, as `Last-Event-ID` does'),
    }),
    response: null,
    status: 200,
    stream: StreamEvent,
  },
  signIn: {
    method: 'POST',
    path: '/v1/session',
    tag: 'Session',
    summary: 'Sign in with a one-time link’s token',
    permission: 'public',
    body: shapes.SignIn,
    response: shapes.Session,
    status: 200,
  },
  getSession: {
    method: 'GET',
    path: '/v1/session',
    tag: 'Session',
    summary: 'Who is signed in',
    permission: 'session',
    response: shapes.Session,
    status: 200,
  },
  signOut: {
    method: 'DELETE',
    path: '/v1/session',
    tag: 'Session',
    summary: 'Sign out',
    permission: 'session',
    response: null,
    status: 204,
  },
});
