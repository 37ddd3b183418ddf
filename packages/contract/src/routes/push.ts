import { defineRoutes } from '../route.ts';
import * as shapes from '../schemas/push.ts';

const tag = 'Account';
const permission = 'session';

/** Notifications of one's own browsers. */
export const pushRoutes = defineRoutes({
  getPush: {
    method: 'GET',
    path: '/v1/account/push',
    tag,
    summary: 'Which browsers of one’s own are told, and what another would subscribe with',
    permission,
    response: shapes.Push,
    status: 200,
  },
  addPushSubscription: {
    method: 'POST',
    path: '/v1/account/push',
    tag,
    summary: 'Have a browser told',
    permission,
    body: shapes.AddPushSubscription,
    response: shapes.Push,
    status: 200,
  },
  removePushSubscription: {
    method: 'DELETE',
    path: '/v1/account/push/{id}',
    tag,
    summary: 'A browser is told nothing any more',
    permission,
    response: null,
    status: 204,
  },
});
