/** Workspaces: a person can be a member of several; a session belongs to one. */
import { openMailChannel } from '@countersign/engine';
import { addMember, appendEvent, createWorkspace, membershipsOf, newId, transaction, within } from '@countersign/store';
import { answerWithSession, moveSession } from '../auth/move-session.ts';
import { actorOf, personOf } from '../auth/principal.ts';
import type { FreeHandlers, Handlers } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';
import { createDefaultPolicy } from '../setup/default-policy.ts';

/** As on an empty installation: somebody alone can try everything out, and give duties away later. */
const FOUNDER = ['owner', 'builder', 'approver'] as const;

export const workspaceHandlers = {
  createWorkspace: async ({ engine, principal, body }, scope) => {
    if (principal.kind !== 'person') throw new Problem('forbidden', 'Only a person who is signed in may do this.');
    const id = newId('workspace');
    const { name, email } = { name: principal.name, email: principal.session.email };
    await within(scope, id, async (there) => {
      await createWorkspace(there, { id, name: body.name });
      await addMember(there, { id: newId('person'), email, name, roles: FOUNDER });
      await createDefaultPolicy(there);
      await openMailChannel(engine, there);
      await appendEvent(there, {
        type: 'workspace.created',
        subject: id,
        actor: actorOf(principal),
        data: { name: body.name },
      });
    });
    return { id, name: body.name, roles: [...FOUNDER], is_current: false };
  },
} satisfies Partial<Handlers>;

export const freeWorkspaceHandlers: Pick<FreeHandlers, 'listWorkspaces' | 'switchWorkspace'> = {
  listWorkspaces: async ({ engine, principal, json }) =>
    json({
      data: (await membershipsOf(engine.api, personOf(principal))).map((row) => ({
        id: row.workspace_id,
        name: row.workspace_name,
        roles: row.roles,
        is_current: row.workspace_id === principal.workspaceId,
      })),
    }),
  switchWorkspace: async (context) => {
    const { engine, principal, body } = context;
    if (principal.kind !== 'person') throw new Problem('forbidden', 'Only a person who is signed in has a session.');
    const mine = await membershipsOf(engine.api, principal.personId);
    if (!mine.some(({ workspace_id: id }) => id === body.workspace_id)) throw notFound('workspace');
    const token = await transaction(engine.api, body.workspace_id, (scope) =>
      moveSession(context, scope, principal.session),
    );
    return answerWithSession(context, token);
  },
};
