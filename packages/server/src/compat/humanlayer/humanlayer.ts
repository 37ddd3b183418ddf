/** HumanLayer, as its SDKs of version 0.7 speak to it: `/compat/humanlayer/humanlayer/v1/…`. */
import { type Dialect, bearerOf } from '../dialect.ts';
import { callRoutes } from './calls.ts';
import { contactRoutes } from './contacts.ts';

export const humanlayer: Dialect = {
  name: 'humanlayer',
  keyOf: (headers) => bearerOf(headers) ?? '', // Programs only: no cookie stands for a key.
  refuse: ({ code, message, facts, status }, requestId) => ({
    status: status === 428 ? 409 : status,
    body: { detail: message, code, ...facts, request_id: requestId },
  }),
  routes: [...callRoutes, ...contactRoutes],
};
