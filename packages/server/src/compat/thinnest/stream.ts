/** What thinnest streams of a turn: each event a line of `data`, by its `type`. Names that their clients do not know they skip. */
import type { WireApprovalSummary, WireExecution, WireStep } from '@countersign/contract';
import type { Asked } from '../dialect.ts';
import { tellTurn } from '../sse.ts';
import { numbersOf } from './names.ts';

const frame = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;

export const usageOf = ({ tokens }: Pick<WireExecution, 'tokens'>) => ({
  input_tokens: tokens.input,
  output_tokens: tokens.output,
  total_tokens: tokens.input + tokens.output,
});

/** @param inner what /v1 streams of a conversation after a message was put into it */
export const streamTurn = (asked: Asked, inner: Response, session: string): Response => {
  const told = new Set<string>();
  let said = '';
  const once = (key: string, ...frames: string[]): string[] => {
    if (told.has(key)) return [];
    told.add(key);
    return frames;
  };
  /** What went out can't be taken back: where an attempt begins anew, only what is new of it goes out. */
  const text = (offset: number, piece: string): string[] => {
    const whole = said.slice(0, offset) + piece;
    const fresh = whole.startsWith(said) ? whole.slice(said.length) : '';
    said = whole;
    return fresh === '' ? [] : [frame({ type: 'text', content: fresh })];
  };
  const step = ({ id, kind, tool, status, arguments: args, result, error }: WireStep): string[] => {
    if (kind !== 'tool_call' || status === 'ready') return [];
    const call = once(`call ${id}`, frame({ type: 'tool_call', name: tool, args }));
    if (status === 'running' || status === 'awaiting_approval' || status === 'waiting') return call;
    const outcome = result ?? error?.message ?? status;
    return [...call, ...once(`result ${id}`, frame({ type: 'tool_result', name: tool, result: outcome }))];
  };
  const approval = async ({ id, status, title }: WireApprovalSummary): Promise<string[]> => {
    if (told.has(`${id} ${status}`)) return [];
    const numberOf = await asked.write('postMessageAndStream', (scope) => numbersOf(scope, [id]));
    return once(`${id} ${status}`, frame({ type: 'approval', id: numberOf(id), status, context_summary: title }));
  };
  const ended = (execution: WireExecution): string[] => {
    const { status, output, error } = execution;
    if (status !== 'completed') return [frame({ type: 'error', message: error?.message ?? status })];
    const rest = said === '' && typeof output === 'string' ? [frame({ type: 'text', content: output })] : [];
    return [...rest, frame({ type: 'done', session_id: session, usage: usageOf(execution) })];
  };
  return tellTurn(
    inner,
    [],
    () => [{ text, step, approval, ended }],
    ({ message }) => frame({ type: 'error', message }),
  );
};
