/** What the model is told where it does not get a tool's own answer. One place, so that tests and docs can quote it. */

export const rejectedWords = (reason: string | null): string =>
  `A reviewer rejected this call. It was not executed.${reason ? ` Reason: ${reason}` : ''} Do not ask for the same call again; answer with an alternative.`;

export const expiredWords =
  'Nobody decided about this call in time. It was not executed. Answer without it, or propose an alternative.';

export const repeatedWords = (reason: string | null): string =>
  `This same call was rejected before in this execution and is refused without asking again. It was not executed.${reason ? ` Reason given then: ${reason}` : ''}`;

export const blockedWords = (reason: string): string => `This call is not allowed: ${reason}. It was not executed.`;

export const editedWords = (before: string, after: string): string =>
  `A reviewer changed the arguments before approving. Asked: ${before}. Executed: ${after}. Result of the executed call:\n`;

export const unknownToolWords = (name: string): string => `There is no tool named ${name}. Nothing was executed.`;

export const invalidArgumentsWords = (problems: readonly { pointer: string; detail: string }[]): string =>
  `The arguments are not valid, nothing was executed: ${problems.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; ')}`;

export const unknownResultWords =
  'It is not known whether this call was executed: the connection was lost before an answer came, and a reviewer decided not to repeat it. Say so, and do not assume either.';

export const removedToolWords = (name: string, mayHaveRun: boolean): string =>
  mayHaveRun
    ? `It is not known whether this call was executed, and the tool ${name} was removed since. Say so, and do not assume either.`
    : `The tool ${name} was removed. Nothing was executed.`;

export const lostResultWords =
  'It is not known whether this call was executed: the execution ended while it ran. Say so, and do not assume either.';

export const interruptedWords = 'This call was not executed: the execution ended before.';

export const agentMissingWords = (tool: string): string =>
  `Not done: there is no agent behind ${tool} any more. Go on without it.`;

export const agentTooDeepWords = (most: number): string =>
  `Not done: agents stand in each other ${most} deep already. Do it yourself, or go on without it.`;

export const agentCycleWords = (agent: string): string =>
  `Not done: ${agent} is at work above you and waits for this answer; it can not be called from here.`;

/** Of an agent that was called and gave no answer. */
export const agentEndedWords = (
  status: 'failed' | 'rejected' | 'cancelled' | 'expired',
  reason: string | null,
): string =>
  `The agent gave no answer: its work was ${status === 'failed' ? 'not finished' : status}${reason === null ? '' : ` (${reason})`}.`;

export const invalidPlanWords = (problems: readonly { pointer: string; detail: string }[]): string =>
  `The plan is not valid and was put before nobody: ${problems.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; ')}. Correct it, or make the calls one by one.`;

export const planApprovedWords = (lines: readonly string[], until: string): string =>
  `The plan was approved. Until ${until} these calls go ahead without being asked about again, each as often as it says: ${lines.map((line, index) => `${index + 1}. ${line}`).join('; ')}. Any other call is put before a reviewer as usual.`;

export const planRevokedWords =
  'The plan was approved, and revoked since: every call is put before a reviewer as usual.';
