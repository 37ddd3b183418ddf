/**
 * What PromptRails streams of an execution or a chat turn. Where it waits for a person, an event `approval` says so (their
 * clients skip names that they do not know) and the stream stays open, so that its reader learns of the decision.
 */
import type { WireApprovalSummary, WireExecution, WireStep } from '@countersign/contract';
import { hasEnded } from '@countersign/core';
import type { Asked } from '../dialect.ts';
import { bareId } from '../ids.ts';
import { type ServerEvent, mustStream, tellEvents, tellTurn } from '../sse.ts';
import { executionFacts } from './execution-facts.ts';

const frame = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const failed = ({ message }: { readonly message: string }): string => frame('error', { message });

/** Each is told once, however often its state comes. */
const createTeller = () => {
  const told = new Set<string>();
  let said = '';
  const once = (key: string, ...frames: string[]): string[] => {
    // Nothing comes after the end, with which the whole output went out.
    if (told.has(key) || told.has('end')) return [];
    told.add(key);
    return frames;
  };
  return {
    /** What was said is void from the offset on; what went out can't be taken back, so only what is new goes out. */
    text: (offset: number, text: string): string[] => {
      if (told.has('end')) return [];
      const whole = said.slice(0, offset) + text;
      const fresh = whole.startsWith(said) ? whole.slice(said.length) : '';
      said = whole;
      return fresh === '' ? [] : [frame('content', { content: fresh })];
    },
    step: ({ id, kind, tool, status, result, error }: WireStep): string[] => {
      if (kind !== 'tool_call' || tool === null || status === 'ready') return [];
      const shown = { id: bareId(id), name: tool };
      const started = once(`start ${id}`, frame('tool_start', shown));
      if (status === 'running' || status === 'awaiting_approval' || status === 'waiting') return started;
      const summary = (result ?? error?.message ?? status).slice(0, 500);
      return [...started, ...once(`end ${id}`, frame('tool_end', { ...shown, summary }))];
    },
    approval: (approval: WireApprovalSummary): string[] =>
      once(
        `approval ${approval.id} ${approval.status}`,
        frame('approval', {
          id: bareId(approval.id),
          execution_id: approval.execution_id && bareId(approval.execution_id),
          checkpoint_name: approval.checkpoint,
          title: approval.title,
          status: approval.status,
          expires_at: approval.expires_at,
        }),
      ),
    ended: (execution: WireExecution): string[] => {
      const { output, error, token_usage: usage } = executionFacts(execution);
      if (execution.status !== 'completed')
        return once('end', frame('error', { message: error === '' ? execution.status : error }));
      const rest = typeof output === 'string' && said === '' ? [frame('content', { content: output })] : [];
      return once('end', ...rest, frame('done', { output, token_usage: usage }));
    },
  };
};

/** @throws Problem `not_found` */
export const streamExecution = async (asked: Asked, id: string): Promise<Response> => {
  const teller = createTeller();
  const params = { id };
  const inner = await mustStream(await asked.open('streamExecution', { params }));
  const steps = async (): Promise<string[]> =>
    (await asked.call('listSteps', { params })).data.flatMap((step) => teller.step(step));
  const waits = async (): Promise<string[]> =>
    (await asked.call('listPendingApprovals', { params })).data.flatMap((approval) => teller.approval(approval));
  return tellEvents(
    inner,
    [frame('execution', { execution_id: bareId(id) })],
    {
      tell: async ({ type }: ServerEvent) => [
        ...(await steps()),
        ...(type === 'execution.awaiting_approval' ? await waits() : []),
      ],
      end: async () => {
        const execution = await asked.call('getExecution', { params });
        return [...(await steps()), ...(hasEnded(execution.status) ? teller.ended(execution) : [])];
      },
    },
    failed,
  );
};

/** @param inner what /v1 streams of a conversation after a message was put into it */
export const streamTurn = (inner: Response): Response =>
  tellTurn(
    inner,
    [],
    (execution, message) => [
      createTeller(),
      frame('execution', { execution_id: bareId(execution), user_message_id: bareId(message) }),
    ],
    failed,
  );
