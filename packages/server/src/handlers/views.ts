/** Saved views of the queue. Each is its person's alone: another's does not exist for them. */
import { type WireView, viewShapes } from '@countersign/contract';
import {
  type Scope,
  type ViewRow,
  appendEvent,
  deleteView,
  insertView,
  listViews,
  newId,
  updateView,
} from '@countersign/store';
import { type Principal, actorOf, personOf } from '../auth/principal.ts';
import type { Handlers } from '../http/context.ts';
import { Problem, invalid, notFound } from '../http/problem.ts';

const present = (row: ViewRow): WireView => ({
  id: row.id,
  name: row.name,
  filter: row.filter,
  created_at: row.created_at.toISOString(),
});

const mustGet = async (scope: Scope, principal: Principal, id: string): Promise<ViewRow> => {
  const row = (await listViews(scope, personOf(principal))).find((view) => view.id === id);
  if (!row) throw notFound('view');
  return row;
};

const refuseName = (views: readonly ViewRow[], name: string, exceptId: string): void => {
  const isTaken = views.some((view) => view.id !== exceptId && view.name.toLowerCase() === name.toLowerCase());
  if (isTaken) throw new Problem('name_taken', `You have a view called ${name} already.`);
};

const announce = (scope: Scope, principal: Principal, type: ViewEvent, id: string) =>
  appendEvent(scope, { type, subject: id, actor: actorOf(principal) });
type ViewEvent = 'view.created' | 'view.updated' | 'view.deleted';

export const viewHandlers = {
  listViews: async ({ principal }, scope) => ({ data: (await listViews(scope, personOf(principal))).map(present) }),
  createView: async ({ principal, body }, scope) => {
    const views = await listViews(scope, personOf(principal));
    if (views.length >= viewShapes.VIEWS_MAX)
      throw invalid([{ pointer: '', detail: `you keep ${viewShapes.VIEWS_MAX} views already` }]);
    const id = newId('view');
    refuseName(views, body.name, id);
    await insertView(scope, personOf(principal), { id, ...body });
    await announce(scope, principal, 'view.created', id);
    return present(await mustGet(scope, principal, id));
  },
  updateView: async ({ principal, params, body }, scope) => {
    const row = await mustGet(scope, principal, params.id);
    const changed = { id: row.id, name: body.name ?? row.name, filter: body.filter ?? row.filter };
    refuseName(await listViews(scope, personOf(principal)), changed.name, row.id);
    await updateView(scope, personOf(principal), changed);
    await announce(scope, principal, 'view.updated', row.id);
    return present({ ...row, ...changed });
  },
  deleteView: async ({ principal, params }, scope) => {
    const row = await mustGet(scope, principal, params.id);
    await deleteView(scope, personOf(principal), row.id);
    await announce(scope, principal, 'view.deleted', row.id);
    return undefined;
  },
} satisfies Partial<Handlers>;
