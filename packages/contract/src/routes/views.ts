import { defineRoutes } from '../route.ts';
import * as shapes from '../schemas/views.ts';

const tag = 'Views';

export const viewRoutes = defineRoutes({
  listViews: {
    method: 'GET',
    path: '/v1/views',
    tag,
    summary: 'Your saved views of the queue, oldest first',
    permission: 'approvals:read',
    response: shapes.ViewList,
    status: 200,
  },
  createView: {
    method: 'POST',
    path: '/v1/views',
    tag,
    summary: 'Save a view; only you see it',
    permission: 'approvals:read',
    body: shapes.CreateView,
    response: shapes.View,
    status: 201,
    idempotency: 'required',
  },
  updateView: {
    method: 'PATCH',
    path: '/v1/views/{id}',
    tag,
    summary: 'Rename a view, or change what it shows',
    permission: 'approvals:read',
    body: shapes.UpdateView,
    response: shapes.View,
    status: 200,
  },
  deleteView: {
    method: 'DELETE',
    path: '/v1/views/{id}',
    tag,
    summary: 'Delete a view',
    permission: 'approvals:read',
    response: null,
    status: 204,
  },
});
