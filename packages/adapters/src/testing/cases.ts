/** What every adapter promises, tried on each with its real framework: waiting in the process, and stopping until later. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Scene, startScene } from './scene.ts';

/** What a gated tool was made to do. */
type Made = { readonly order: string; readonly cents: number };

export type Refunds = {
  /** The effect of the gated tool `refund`. */
  readonly refund: (args: Made) => { readonly refunded: number };
  /** The result of the tool `look`, which is not gated. */
  readonly look: (args: { readonly order: string }) => string;
};

/** Runs an agent to its end and answers its last words; the calls wait in it. */
export type Waiting = (
  scene: Scene,
  tools: Refunds,
  said: string,
  options: { readonly runId?: string; readonly signal?: AbortSignal },
) => Promise<string>;

/** Everything made anew in each step, with nothing but the text kept. */
export type Stopping = {
  /** Runs until it stops at held calls, and answers all that must be kept. */
  readonly start: (scene: Scene, tools: Refunds, said: string, runId: string) => Promise<string>;
  /** Goes on as far as decisions allow. `kept` is given where it still waits. */
  readonly goOn: (
    scene: Scene,
    tools: Refunds,
    kept: string,
    runId: string,
  ) => Promise<{ readonly words: string } | { readonly kept: string }>;
};

// Each starts a server of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let count = 0;
/** A call like no other: what was rejected once is rejected again without asking. */
const next = (): string => `A${Date.now()}-${(count += 1)}`;

const setUp = () => {
  const made: Made[] = [];
  const at: { scene?: Scene } = {};
  const tools: Refunds = {
    refund: (args) => {
      made.push(args);
      return { refunded: args.cents };
    },
    look: ({ order }) => `seen ${order}`,
  };
  beforeAll(async () => {
    at.scene = await startScene();
  });
  afterAll(() => at.scene?.stop());
  beforeEach(() => void made.splice(0));
  const scene = (): Scene => {
    if (!at.scene) throw new Error('not started');
    return at.scene;
  };
  return { made, tools, scene };
};

export type WaitingOptions = {
  /** The framework makes the calls of a turn one after the other: the next is asked for when the one before is done. */
  readonly isSerial?: boolean;
  /** It has no place to tell the model that its arguments were changed. */
  readonly isSilent?: boolean;
};

export const waitingCases = (run: Waiting, { isSerial = false, isSilent = false }: WaitingOptions = {}): void => {
  describe('waiting in the process', () => {
    const { made, tools, scene } = setUp();
    const refunding = (order: string) => scene().plan({ tool: 'refund', order });

    test('approved: the call is made as it was asked for, and its result told', async () => {
      const order = next();
      const running = run(scene(), tools, refunding(order), {});
      const { id } = await scene().decide(order, 'approved');
      expect(await running).toBe('Done.');
      expect(made).toEqual([{ order, cents: 4000 }]);
      expect(scene().told(0)).toContain('4000');
      expect((await scene().agent.approvals.get(id)).consumed_at).not.toBeNull();
    });

    test('rejected: it is not made, and the model sees the reason', async () => {
      const order = next();
      const running = run(scene(), tools, refunding(order), {});
      await scene().decide(order, 'rejected', { reason: 'The cap is 20 EUR' });
      expect(await running).toBe('Done.');
      expect(made).toEqual([]);
      expect(scene().told(0)).toContain('The cap is 20 EUR');
    });

    test(`edited: what the reviewer made of it is done${isSilent ? '' : ', and the model is told so'}`, async () => {
      const order = next();
      const running = run(scene(), tools, refunding(order), {});
      await scene().decide(order, 'approved', { arguments: { order, cents: 2000 } });
      expect(await running).toBe('Done.');
      expect(made).toEqual([{ order, cents: 2000 }]);
      if (!isSilent) expect(scene().told(0)).toContain('A reviewer changed the arguments');
    });

    test(`four calls of one turn ${isSerial ? '' : 'wait together and '}are decided each for itself`, async () => {
      const [a, b, c, d] = [next(), next(), next(), next()];
      const refunds = [a, b, d].map((order) => ({ tool: 'refund', order }));
      const running = run(scene(), tools, scene().plan(...refunds, { tool: 'look', order: c }), {});
      if (!isSerial) await Promise.all([a, b, d].map((order) => scene().pending(order)));
      const decisions = [
        () => scene().decide(d, 'approved', { arguments: { order: d, cents: 1 } }),
        () => scene().decide(b, 'rejected', { reason: 'Not this one' }),
        () => scene().decide(a, 'approved'),
      ];
      for (const decide of isSerial ? decisions.toReversed() : decisions) await decide();
      expect(await running).toBe('Done.');
      expect(made.toSorted((x, y) => y.cents - x.cents)).toEqual([
        { order: a, cents: 4000 },
        { order: d, cents: 1 },
      ]);
      expect(scene().told(0)).toContain('4000');
      expect(scene().told(1)).toContain('Not this one');
      expect(scene().told(3)).toContain(`seen ${c}`);
    });

    test('run again under its name, it is not made a second time', async () => {
      const order = next();
      const said = refunding(order);
      const running = run(scene(), tools, said, { runId: order });
      await scene().decide(order, 'approved');
      await running;
      await run(scene(), tools, said, { runId: order });
      expect(made).toHaveLength(1);
      expect(scene().told(0)).toContain('not made a second time');
    });

    test('aborted: the approval is withdrawn, and nothing is made', async () => {
      const order = next();
      const controller = new AbortController();
      const running = run(scene(), tools, refunding(order), { signal: controller.signal }).catch(() => undefined);
      const { id } = await scene().pending(order);
      controller.abort(new Error('gone'));
      await running;
      const status = async () => (await scene().agent.approvals.get(id)).status;
      await expect.poll(status, { timeout: 20_000 }).toBe('cancelled');
      expect(made).toEqual([]);
    });

    test('fails closed: without a server nothing is made', async () => {
      const order = next();
      const said = refunding(order);
      const server = { ...scene(), agent: scene().closed };
      await run(server, tools, said, {}).catch(() => undefined);
      expect(made).toEqual([]);
    });
  });
};

export const stoppingCases = ({ start, goOn }: Stopping): void => {
  describe('stopping, and going on later', () => {
    const { made, tools, scene } = setUp();

    test('over a kill -9 of the server; undecided it still waits, edited it does what was approved, and once', async () => {
      const order = next();
      const kept = await start(scene(), tools, scene().plan({ tool: 'refund', order }), order);
      await scene().pending(order);
      await scene().server.kill();
      await scene().server.start();
      expect(await goOn(scene(), tools, kept, order)).toHaveProperty('kept');
      await scene().decide(order, 'approved', { arguments: { order, cents: 2500 } });
      expect(await goOn(scene(), tools, kept, order)).toEqual({ words: 'Done.' });
      expect(scene().told(0)).toContain('A reviewer changed the arguments');
      // The decision is delivered a second time.
      await goOn(scene(), tools, kept, order).catch(() => undefined);
      expect(made).toEqual([{ order, cents: 2500 }]);
    });

    test('rejected: not made, and the model sees the reason', async () => {
      const order = next();
      const kept = await start(scene(), tools, scene().plan({ tool: 'refund', order }), order);
      await scene().decide(order, 'rejected', { reason: 'The cap is 20 EUR' });
      expect(await goOn(scene(), tools, kept, order)).toEqual({ words: 'Done.' });
      expect(made).toEqual([]);
      expect(scene().told(0)).toContain('The cap is 20 EUR');
    });

    test('mixed decisions in one turn, one after the other, each call made once', async () => {
      const [a, b, c] = [next(), next(), next()];
      const calls = [a, b].map((order) => ({ tool: 'refund', order }));
      let kept = await start(scene(), tools, scene().plan(...calls, { tool: 'look', order: c }), a);
      await scene().decide(a, 'approved');
      const half = await goOn(scene(), tools, kept, a);
      if (!('kept' in half)) throw new Error('one is undecided');
      kept = half.kept;
      await scene().decide(b, 'rejected', { reason: 'Not this one' });
      expect(await goOn(scene(), tools, kept, a)).toEqual({ words: 'Done.' });
      expect(made).toEqual([{ order: a, cents: 4000 }]);
      expect(scene().told(0)).toContain('4000');
      expect(scene().told(1)).toContain('Not this one');
      expect(scene().told(2)).toContain(`seen ${c}`);
    });
  });
};
