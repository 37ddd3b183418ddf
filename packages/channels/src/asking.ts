/** Which events ask somebody for something. */

/** Whoever can still bring the request forward hears of them. */
export const ASKING: ReadonlySet<string> = new Set([
  'approval.requested',
  'approval.stage_passed',
  'approval.escalated',
  'approval.reassigned',
  'approval.reminder',
  'approval.overdue',
]);

/** Of those who can, or of those on call. */
export const asksSomebody = (type: string): boolean => ASKING.has(type) || type === 'approval.on_call';
