import { type Scope, appendEvent, getApproval, lockApproval, saveProgress } from '@countersign/store';
import type { Engine } from '../engine.ts';

/** The reminder's job. @returns when the next one is due, or null if there is none */
export const remind = async (engine: Engine, scope: Scope, id: string): Promise<Date | null> => {
  const peek = await getApproval(scope, id);
  if (peek?.status !== 'pending') return null;
  const locked = await lockApproval(scope, id);
  if (!locked || locked.row.status !== 'pending') return null;
  const { row, now } = locked;
  const left = row.remind_at.filter((at) => at > now);
  if (left.length === row.remind_at.length) return left[0] ?? null;
  await saveProgress(scope, id, { ...row, remind_at: left });
  await appendEvent(scope, {
    type: 'approval.reminder',
    subject: id,
    actor: { kind: 'system', id: 'system', name: 'Countersign' },
    data: { expires_at: row.expires_at?.toISOString() ?? null, left: left.length },
  });
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [id]));
  return left[0] ?? null;
};
