/**
 * Random workflows whose outcome does not depend on chance: of every node it is written in the graph what the world
 * answers to it, and where branches race, only one outcome is possible.
 */
import fc from 'fast-check';
import type { WorkflowInput } from '../schema.ts';

type Node = WorkflowInput['nodes'][number];

export type RandomOptions = {
  /** Names of the tools: one that answers, one that answers with an error. */
  readonly tools: { readonly good: string; readonly bad: string };
  /** An agent that repeats what it is told, and a workflow that ends with its input; left out where there are none. */
  readonly agentId?: string;
  readonly workflowId?: string;
  readonly nodesMax: number;
};

/** Numbers, and then nothing but zeros: zero is the simplest choice everywhere, so that a failing graph shrinks. */
export type Pick = (choices: number) => number;

const picker = (numbers: readonly number[]): Pick => {
  let at = 0;
  return (choices) => {
    const number = numbers[at] ?? 0;
    at += 1;
    return number % choices;
  };
};

export const randomWorkflow = (options: RandomOptions): fc.Arbitrary<WorkflowInput> =>
  fc.array(fc.nat(10_000), { minLength: 20, maxLength: 600 }).map((numbers) => makeWorkflow(picker(numbers), options));

type Line = {
  readonly exit: string;
  readonly mayFail: boolean;
  readonly items: readonly string[];
  readonly depth: number;
};

const makeWorkflow = (pick: Pick, options: RandomOptions): WorkflowInput => {
  const nodes: Node[] = [];
  let count = 0;
  const fresh = (type: string): string => `${type}${(count += 1)}`;
  const hasRoom = (): boolean => count < options.nodesMax - 8;
  const add = (node: Node): string => {
    nodes.push(node);
    return node.id;
  };
  /** What a step is told of where it stands, so that each call is its own. */
  const place = (line: Line): Record<string, string> =>
    Object.fromEntries(line.items.map((item) => [item, `{{ ${item} }}`]));
  const failPath = (line: Line): { on_fail?: string } => {
    const choice = pick(3);
    if (choice === 0 || !line.mayFail)
      return { on_fail: add({ id: fresh('caught'), type: 'notify', text: 'caught', on_success: line.exit }) };
    return choice === 1 ? { on_fail: line.exit } : {};
  };

  /** A line of so many steps before the exit. @returns its first node */
  const makeLine = (length: number, line: Line): string => {
    let next = line.exit;
    for (let index = 0; index < length && hasRoom(); index += 1) next = makeStep({ ...line, exit: next });
    return next;
  };

  const makeStep = (line: Line): string => {
    const { exit } = line;
    const kinds: (() => string)[] = [
      () => add({ id: fresh('tell'), type: 'notify', text: 'on {{ input.n }}', on_success: exit }),
      () =>
        add({
          id: fresh('set'),
          type: 'transform',
          set: { v: '{{ vars.v + 1 }}' },
          output: { v: '{{ vars.v }}' },
          on_success: exit,
        }),
      () => {
        const id = fresh('good');
        return add({
          id,
          type: 'tool',
          tool: options.tools.good,
          arguments: { id, v: '{{ vars.v }}', ...place(line) },
          on_success: exit,
          ...delay(),
        });
      },
      () => {
        const id = fresh('bad');
        return add({
          id,
          type: 'tool',
          tool: options.tools.bad,
          arguments: { id, ...place(line) },
          on_success: exit,
          ...failPath(line),
        });
      },
      () =>
        add({
          id: fresh('if'),
          type: 'condition',
          when: `input.n % ${2 + pick(3)} == 0`,
          on_true: makeLine(1 + pick(2), line),
          on_false: exit,
        }),
      () =>
        add({
          id: fresh('which'),
          type: 'switch',
          cases: [
            { when: 'input.n > 7', next: makeLine(1, line) },
            { when: 'vars.v > 2', next: makeLine(1, line) },
          ],
          otherwise: exit,
        }),
      () => makeApproval(line),
      () => add({ id: fresh('nap'), type: 'delay', seconds: pick(3) / 50, on_success: exit }),
      () => makeWait(line),
      () => makeLoop(line),
      () => makeParallel(line),
      () => makeRace(line),
      () => makeHeldTool(line),
      ...(options.agentId === undefined
        ? []
        : [
            () =>
              add({
                id: fresh('agent'),
                type: 'agent' as const,
                agent_id: options.agentId ?? '',
                input: 'say {{ vars.v }}',
                on_success: exit,
              }),
          ]),
      ...(options.workflowId === undefined
        ? []
        : [
            () =>
              add({
                id: fresh('sub'),
                type: 'workflow' as const,
                workflow_id: options.workflowId ?? '',
                input: { v: '{{ vars.v }}' },
                on_success: exit,
              }),
          ]),
    ];
    return (kinds[pick(kinds.length)] ?? kinds[0])?.() ?? exit;
  };

  const delay = (): { delay_to_next_step?: number } => (pick(6) === 5 ? { delay_to_next_step: 0.02 } : {});

  /** What its people decide stands in its details. */
  const makeApproval = (line: Line): string => {
    const isApproved = pick(3) !== 2;
    const onRejected = line.mayFail ? (['fail', 'continue', 'fail'] as const)[pick(3)] : ('continue' as const);
    return add({
      id: fresh('ask'),
      type: 'approval',
      title: 'May it?',
      ...(pick(4) === 3 ? { when: 'input.n > 3' } : {}),
      details: { decide: isApproved ? 'approved' : 'rejected' },
      on_rejected: onRejected ?? 'fail',
      on_success: line.exit,
      ...(isApproved || onRejected === 'continue' ? {} : failPath(line)),
    });
  };

  const makeHeldTool = (line: Line): string => {
    const id = fresh('held');
    const decide = pick(3) === 2 ? 'rejected' : 'approved';
    return add({
      id,
      type: 'tool',
      tool: options.tools.good,
      arguments: { id, decide, ...place(line) },
      hitl_mode: 'blocking',
      on_success: line.exit,
      ...(decide === 'approved' ? {} : failPath(line)),
    });
  };

  const makeWait = (line: Line): string => {
    const id = fresh('wait');
    // An event of a name that nobody sends never comes; the others are sent early, or late, as many as rounds may want.
    return pick(3) === 2
      ? add({
          id,
          type: 'wait_event',
          event: `never ${id}`,
          timeout_seconds: 0.05,
          on_success: line.exit,
          ...failPath(line),
        })
      : add({ id, type: 'wait_event', event: `sent ${pick(2)}`, on_success: line.exit });
  };

  const makeLoop = (line: Line): string => {
    if (line.depth > 1) return line.exit;
    const id = fresh('each');
    const concurrency = 1 + pick(3);
    const item = `of_${id}`;
    const body = makeLine(1 + pick(2), {
      exit: id,
      // With several rounds at once it would be chance which of two failures comes first.
      mayFail: line.mayFail && concurrency === 1,
      items: [...line.items, item],
      depth: line.depth + 1,
    });
    if (body === id) return line.exit;
    return add({
      id,
      type: 'loop',
      items: ['input.list', '[1, 2, 3]', '[]', '[input.n]'][pick(4)] ?? '[]',
      as: item,
      concurrency,
      on_item_failure: pick(2) === 0 ? 'continue' : 'stop',
      body,
      on_success: line.exit,
    });
  };

  const makeParallel = (line: Line): string => {
    if (line.depth > 1) return line.exit;
    const join = add({ id: fresh('met'), type: 'join', on_success: line.exit });
    const branches = Array.from({ length: 1 + pick(3) }, () =>
      makeLine(1 + pick(3), { exit: join, mayFail: false, items: line.items, depth: line.depth + 1 }),
    );
    return add({ id: fresh('all'), type: 'parallel', branches });
  };

  /** Branches of which only some can ever arrive. */
  const makeRace = (line: Line): string => {
    if (line.depth > 1) return line.exit;
    const arriving = 1 + pick(2);
    const join = add({
      id: fresh('first'),
      type: 'join',
      ...(arriving === 1 ? { mode: 'any' as const } : { mode: 'count' as const, count: arriving }),
      on_success: line.exit,
    });
    const blocked = (): string => {
      const id = fresh('blocked');
      return pick(2) === 0
        ? add({ id, type: 'wait_event', event: `never ${id}`, on_success: join })
        : add({ id, type: 'approval', title: 'Nobody decides this', details: { decide: 'never' }, on_success: join });
    };
    const quick = (): string => {
      const id = fresh('quick');
      return add({ id, type: 'tool', tool: options.tools.good, arguments: { id, ...place(line) }, on_success: join });
    };
    const branches = [...Array.from({ length: arriving }, quick), ...Array.from({ length: pick(3) }, blocked)];
    return add({ id: fresh('race'), type: 'parallel', branches });
  };

  add({ id: 'finish', type: 'end', output: { v: '{{ vars.v }}', n: '{{ input.n }}' } });
  const first = makeLine(3 + pick(8), { exit: 'finish', mayFail: true, items: [], depth: 0 });
  add({ id: 'begin', type: 'start', on_success: first });
  return { nodes, variables: { v: 0 }, on_failure: pick(4) === 3 ? 'continue' : 'stop' };
};
