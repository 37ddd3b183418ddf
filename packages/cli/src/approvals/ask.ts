/** `countersign ask`: asks, waits, and says by its exit code whether to go ahead. */
import { type Approval, type Client, type GateOptions, askHuman, confirm, gate } from '@countersign/sdk';
import { plain } from '../plain.ts';
import { approvalLink } from '../server-access.ts';
import { interruptible } from './interrupt.ts';
import { type Outcome, approved, failure, outcomeJson } from './outcome.ts';

type Context = NonNullable<Parameters<Client['approvals']['ask']>[0]>;

export type Asking = {
  readonly title: string | undefined;
  readonly tool: string | undefined;
  readonly arguments: Record<string, never>;
  readonly schema: Record<string, never> | undefined;
  readonly question: Record<string, never> | undefined;
  /** What a reviewer sees beside it. */
  readonly context: Pick<
    Context,
    'explanation' | 'priority' | 'checkpoint' | 'evidence' | 'impact' | 'agent_name' | 'timeout_seconds'
  >;
  readonly key: string | undefined;
  /** How long this command waits; 0 looks once. */
  readonly timeoutSeconds: number | undefined;
  /** Leave it to others when this command ends undecided. */
  readonly leave: boolean;
  /** Go ahead at most once for a key. */
  readonly once: boolean;
  readonly json: boolean;
};

/** @returns the exit code */
export const runAsk = async (client: Client, baseUrl: string, asking: Asking): Promise<number> => {
  let asked: Approval | null = null;
  const onAsked = (approval: Approval): void => {
    asked = approval;
    if (approval.status !== 'pending') return;
    console.error(`Asked: ${plain(approval.title)}\n${approvalLink(baseUrl, approval.id)}`);
  };
  const outcome = await interruptible(async (signal) => {
    const { key, timeoutSeconds, leave: leavePending, once } = asking;
    const options = { key, timeoutSeconds, leavePending, isRepeatable: !once, signal, onAsked };
    try {
      return await carryOut(client, asking, options);
    } catch (error) {
      return failure(error, asked);
    }
  });
  say(asking, outcome);
  return outcome.exitCode;
};

const carryOut = async (client: Client, asking: Asking, options: GateOptions): Promise<Outcome> => {
  const { tool, title = '', question, context } = asking;
  if (question !== undefined) {
    const { response, approval } = await askHuman(client, { title, question, ...context }, options);
    return approved(approval, { response });
  }
  if (tool === undefined) return approved((await confirm(client, { title, ...context }, options)).approval);
  const call = {
    tool,
    arguments: asking.arguments,
    ...(asking.title === undefined ? {} : { title: asking.title }),
    ...(asking.schema === undefined ? {} : { arguments_schema: asking.schema }),
    ...context,
  };
  const passed = await gate(client, call, options);
  if (passed.approval) return approved(passed.approval, { arguments: passed.arguments });
  const sentence = 'Allowed by the rules: nobody had to be asked';
  return { outcome: 'allowed', exitCode: 0, sentence, approval: null, arguments: passed.arguments };
};

/** People read standard error; standard output is for the script. */
const say = (asking: Asking, outcome: Outcome): void => {
  const { sentence, approval, exitCode } = outcome;
  const isLeft = asking.leave && (outcome.outcome === 'undecided' || outcome.outcome === 'interrupted');
  const end = isLeft && approval ? `; ${approval.id} stays in the queue` : withdrawnWords(outcome);
  console.error(`${sentence}${end}`);
  if (asking.json) console.log(outcomeJson(outcome));
  else if (exitCode === 0 && outcome.arguments !== undefined) console.log(JSON.stringify(outcome.arguments));
  else if (exitCode === 0 && outcome.response !== undefined) console.log(JSON.stringify(outcome.response));
  else if (outcome.outcome === 'undecided' && approval && isLeft) console.log(approval.id);
};

const withdrawnWords = ({ outcome, approval }: Outcome): string =>
  approval && (outcome === 'undecided' || outcome === 'interrupted') ? '; withdrawn' : '';
