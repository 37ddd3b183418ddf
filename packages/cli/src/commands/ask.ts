import { parseArgs } from 'node:util';
import { type Command, type Options, UsageError } from '../command.ts';

const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;

const OPTIONS = {
  tool: { type: 'string' },
  arguments: { type: 'string' },
  schema: { type: 'string' },
  question: { type: 'string' },
  explanation: { type: 'string' },
  evidence: { type: 'string', multiple: true, default: [] },
  'if-approved': { type: 'string' },
  'if-rejected': { type: 'string' },
  priority: { type: 'string' },
  checkpoint: { type: 'string' },
  agent: { type: 'string' },
  expires: { type: 'string' },
  key: { type: 'string' },
  once: { type: 'boolean', default: false },
  timeout: { type: 'string' },
  leave: { type: 'boolean', default: false },
  'no-wait': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  url: { type: 'string' },
} as const satisfies Options;

export const askCommand: Command = {
  usage: 'ask [TITLE] [--tool NAME --arguments JSON] [--question SCHEMA] [--key KEY] [--timeout 15m] [options]',
  summary:
    'Asks a person, waits, and ends with 0 only if it may go ahead: countersign ask "Deploy 1.4" --key deploy-1.4 && ./deploy\n' +
    '      --tool, --arguments: a call that goes through the rules; what to act on is printed. --question: a form; the answer is printed.\n' +
    '      --key: your name for this request: the same again goes on waiting, or ends as it ended. --once: goes ahead at most once.\n' +
    '      --timeout: how long to wait; then, and at Ctrl-C, it is withdrawn, or with --leave stays for a later ask with the same --key.\n' +
    '      --no-wait: only asks (or looks), leaves it and prints its id. --expires: how long people have. --evidence LABEL=@FILE: beside it.\n' +
    '      Ends with 0 go ahead, 1 failed, 2 called wrongly, 3 rejected, 4 expired, 5 withdrawn, 6 blocked by the rules, 7 undecided,\n' +
    '      8 used already, 9 not what was approved, 130 interrupted. Reads COUNTERSIGN_URL and COUNTERSIGN_API_KEY.',
  options: OPTIONS,
  choices: { priority: PRIORITIES },
  run: async (args) => {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
    const { runAsk } = await import('../approvals/ask.ts');
    const { durationOf, evidenceOf, objectOf } = await import('../approvals/values.ts');
    const { access } = await import('../server-access.ts');
    const [title, ...more] = positionals;
    if (more.length > 0) throw new UsageError('One title, in quotes: countersign ask "Deploy 1.4"');
    if (title === undefined && values.tool === undefined)
      throw new UsageError('What should people be asked? countersign ask TITLE, or countersign ask --tool NAME');
    if (values.tool !== undefined && values.question !== undefined)
      throw new UsageError('A tool call or a question, not both.');
    if (values.tool === undefined && (values.arguments ?? values.schema) !== undefined)
      throw new UsageError('--arguments and --schema are of a --tool.');
    const priority = PRIORITIES.find((known) => known === values.priority);
    if (values.priority !== undefined && !priority)
      throw new UsageError(`--priority must be one of ${PRIORITIES.join(', ')}.`);
    const noWait = values['no-wait'];
    const expires = durationOf('expires', values.expires);
    const { 'if-approved': ifApproved, 'if-rejected': ifRejected } = values;
    const impact = {
      ...(ifApproved === undefined ? {} : { if_approved: ifApproved }),
      ...(ifRejected === undefined ? {} : { if_rejected: ifRejected }),
    };
    const context = {
      evidence: values.evidence.map(evidenceOf),
      ...(values.explanation === undefined ? {} : { explanation: values.explanation }),
      ...(priority === undefined ? {} : { priority }),
      ...(values.checkpoint === undefined ? {} : { checkpoint: values.checkpoint }),
      ...(values.agent === undefined ? {} : { agent_name: values.agent }),
      ...(Object.keys(impact).length === 0 ? {} : { impact }),
      ...(expires === undefined ? {} : { timeout_seconds: expires }),
    };
    const asking = {
      title,
      tool: values.tool,
      arguments: objectOf('arguments', values.arguments ?? '{}'),
      schema: values.schema === undefined ? undefined : objectOf('schema', values.schema),
      question: values.question === undefined ? undefined : objectOf('question', values.question),
      context,
      key: values.key,
      timeoutSeconds: noWait ? 0 : durationOf('timeout', values.timeout),
      leave: noWait || values.leave,
      once: values.once,
      json: values.json,
    };
    const { client, baseUrl } = access(values.url);
    return runAsk(client, baseUrl, asking);
  },
};
