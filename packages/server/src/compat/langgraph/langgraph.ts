/** LangGraph's platform, as far as the Agent Inbox speaks to it: `/compat/langgraph/threads/…`. An approval is a thread. */
import type { Dialect } from '../dialect.ts';
import { bearerOf } from '../dialect.ts';
import { runRoutes } from './runs.ts';
import { threadRoutes } from './threads.ts';

export const langgraph: Dialect = {
  name: 'langgraph',
  // A key always, and never a cookie: pages of any origin may ask (`forPages`).
  keyOf: (headers) => headers.get('x-api-key') ?? bearerOf(headers) ?? '',
  forPages: true,
  refuse: ({ code, message, facts, status }, requestId) => ({
    status: status === 428 ? 409 : status,
    body: { detail: message, code, ...facts, request_id: requestId },
  }),
  routes: [
    {
      method: 'GET',
      path: '/info',
      answer: async () => ({ body: { version: 'countersign', flags: { assistants: false, crons: false } } }),
    },
    { method: 'GET', path: '/ok', answer: async () => ({ body: { ok: true } }) },
    ...threadRoutes,
    ...runRoutes,
  ],
};
