import { type Scope, appendEvent, getApproval, getSettings, hasBeenOpened } from '@countersign/store';
import type { Engine } from '../engine.ts';

/** The job: nobody has opened the request in time, so those on call hear of it, at any hour. @returns null: once */
export const callOnCall = async (engine: Engine, scope: Scope, id: string): Promise<Date | null> => {
  const row = await getApproval(scope, id);
  const onCall = (await getSettings(scope)).on_call;
  if (row?.status !== 'pending' || !onCall || row.claim || (await hasBeenOpened(scope, id))) return null;
  await appendEvent(scope, {
    type: 'approval.on_call',
    subject: id,
    actor: { kind: 'system', id: 'system', name: 'Countersign' },
    data: { group: onCall.group, after_seconds: onCall.after_seconds, priority: row.priority },
  });
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [id]));
  return null;
};
