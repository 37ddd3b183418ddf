/** Middleware for agents of LangChain whose tool calls ask before they act. */
import type { Approval, GateClient } from '@countersign/sdk';
import { Command, INTERRUPT, interrupt } from '@langchain/langgraph';
import { ToolMessage, createMiddleware } from 'langchain';
import { type Clearance, type GatingOptions, type ToolCall, clear, isGated, standingOf } from '../clear.ts';
import { withNote } from '../words.ts';

export type MiddlewareOptions = Omit<GatingOptions, 'runId'> & {
  /**
   * Interrupt the run at a held call, instead of waiting in it. Needs a checkpointer and a `thread_id`. When an approval is
   * decided, invoke the agent with `resumeOf(result)`: what is still undecided interrupts again.
   */
  readonly durable?: boolean | undefined;
};

/** What an interrupt of ours carries. */
type Held = { readonly countersign: Pick<Approval, 'id' | 'title'> };

/**
 * Each call of a gated tool asks, waits, takes the approval, and runs on what was approved; several of one turn are before
 * people together. The `thread_id` names the run: a call that was asked for before a restart is found again, and made once.
 * Unlike `humanInTheLoopMiddleware`, it decides call by call, so that a rejected one takes no other with it.
 */
export const gateMiddleware = (client: GateClient, options: MiddlewareOptions = {}) =>
  createMiddleware({
    name: 'CountersignGate',
    wrapToolCall: async (request, handler) => {
      const { toolCall, runtime } = request;
      if (!isGated(options, toolCall.name)) return handler(request);
      const { id } = toolCall;
      if (id === undefined) throw new TypeError('A call without an id can not be gated.');
      const runId = runtime.configurable?.thread_id;
      const call: ToolCall = { id, tool: toolCall.name, arguments: toolCall.args };
      const answer = (content: string): ToolMessage =>
        new ToolMessage({ content, tool_call_id: id, name: toolCall.name, status: 'error' });
      const gating = { ...options, runId };
      if (options.durable) {
        if (runId === undefined) throw new TypeError('Interrupting needs a thread_id.');
        await stopWhileWaiting(client, call, { ...gating, runId });
      }
      const clearance = await clear(client, call, gating, runtime.signal);
      if (!clearance.isCleared) return answer(clearance.message);
      const args = clearance.arguments as typeof toolCall.args; // An object, as it was asked for.
      return noted(await handler({ ...request, toolCall: { ...toolCall, args } }), clearance.note);
    },
  });

/** Whatever the interrupt is resumed with: the server says whether it was decided. */
const stopWhileWaiting = async (
  client: GateClient,
  call: ToolCall,
  options: GatingOptions & { readonly runId: string },
): Promise<void> => {
  for (;;) {
    const standing = await standingOf(client, call, options);
    if (standing.state !== 'waiting') return;
    const { id, title } = standing.approval;
    interrupt<Held>({ countersign: { id, title } });
  }
};

/**
 * For a node of a graph of one's own: interrupts until the call is decided, then takes its approval, right before the node
 * acts. What the node does before this runs again when the graph goes on. Needs a checkpointer.
 *
 * @returns what to act on, or the words to go on with instead. @throws as `gate` does: the call must not be made
 */
export const clearInNode = async (
  client: GateClient,
  call: ToolCall,
  options: GatingOptions & { readonly runId: string },
): Promise<Clearance> => {
  await stopWhileWaiting(client, call, options);
  return clear(client, call, options);
};

const noted = (result: ToolMessage | Command, note: string | null): ToolMessage | Command => {
  if (note === null || !ToolMessage.isInstance(result)) return result;
  const { content } = result;
  result.content =
    typeof content === 'string' ? String(withNote(note, content)) : [{ type: 'text', text: note }, ...content];
  return result;
};

/** Goes on in any graph: it updates nothing and goes nowhere by itself. */
export type Resume = Command<unknown, never, never>;

type Interrupt = { readonly id?: string | undefined; readonly value?: unknown };

const isOurs = ({ value }: Interrupt): boolean => typeof value === 'object' && value !== null && 'countersign' in value;

/** What to invoke the agent or graph with to go on after `result`; null where it holds no interrupt of ours. */
export const resumeOf = (result: object): Resume | null => {
  const { [INTERRUPT]: interrupts = [] } = result as { readonly [INTERRUPT]?: readonly Interrupt[] }; // LangGraph's own.
  const ours = interrupts.filter(isOurs);
  return ours.length === 0 ? null : new Command({ resume: Object.fromEntries(ours.map(({ id }) => [id, 'look'])) });
};
