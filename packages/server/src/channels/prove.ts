/**
 * The conformance suite for channels where people decide, with a request of its own that leads to nothing. What comes in goes the
 * very way that a provider's requests go; where we hold what the provider signs with, it is signed as the provider would.
 */
import { type Check, type Inbound, type Tools, createKinds, conformanceOf, outlastsAHang } from '@countersign/channels';
import { act, ask, plainPlan, standFor, TEST_TYPE } from '@countersign/engine';
import {
  appendEvent,
  enqueue,
  getApproval,
  getChannel,
  listDeliveries,
  listAttempts,
  memberOfEmail,
  reading,
  transaction,
} from '@countersign/store';
import type { App } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { type Place, placeOf } from './place.ts';
import { takeCommand } from './take.ts';

const SYSTEM = { kind: 'system', id: 'system', name: 'Countersign' } as const;
const WAIT_MS = 30_000;
const LOOK_MS = 100;
/** Nobody, in any provider's ids. */
const STRANGER = { team: 'T0CONFORMANCE', user: 'U0CONFORMANCE', name: 'a stranger' };

type Prover = { readonly id: string; readonly name: string; readonly email: string };

const check = (name: string, passed: boolean, detail: string): Check => ({ name, passed, detail });

/** @returns the checks, or undefined: there is no such channel */
export const proveDecidingChannel = async (
  app: App,
  workspaceId: string,
  channelId: string,
  prover: Prover,
): Promise<Check[] | undefined> => {
  const { api } = app.engine;
  const stand = await reading(api, workspaceId, async (scope) => {
    const row = await getChannel(scope, channelId);
    const place = row && placeOf(app, scope, row);
    return place && { place, ...(await standFor(app.engine, scope, place.row, prover.id, place.at.secrets)) };
  });
  if (!stand) return undefined;
  const { place, on, noticeOf } = stand;
  // A request of its own would ring at everybody who may decide: what is proved here is proved by the kind (conformance.ts).
  if (place.channel.audience === 'people') return undefined;
  const hang = outlastsAHang(place.row.kind, noticeOf(TEST_TYPE), on);
  const general = await conformanceOf(place.channel, noticeOf('approval.requested'), noticeOf(TEST_TYPE), on);
  if (general[0]?.passed !== true || place.row.status !== 'active') return [...general, await hang];
  const approvalId = await askForNothing(app, place, prover);
  const told = await deliveryOf(app, place, approvalId, 'approval.requested');
  const own = [
    check('A request is told there', told.passed, told.detail),
    ...(await provesIncoming(app, place, approvalId)),
    await knows(app, place, prover),
    await losesNothing(app, place, noticeOf),
    await hang,
  ];
  await transaction(api, workspaceId, (scope) =>
    act(app.engine, scope, approvalId, { type: 'cancel', by: SYSTEM, reason: 'It was only a check.' }),
  );
  const changed = await deliveryOf(app, place, approvalId, 'approval.cancelled');
  return [...general, ...own, check('Its message says so as soon as it is over', changed.passed, changed.detail)];
};

const askForNothing = (app: App, { workspaceId, row }: Place, prover: Prover): Promise<string> =>
  transaction(app.engine.api, workspaceId, async (scope) => {
    const id = await ask(app.engine, scope, {
      kind: 'action',
      title: `A check of ${row.name}: leave it, nothing comes of it`,
      checkpoint: 'conformance',
      priority: row.priority_min,
      tool: null,
      arguments: null,
      argumentsSchema: null,
      output: null,
      agent: null,
      executionId: null,
      stepId: null,
      conversationId: null,
      requestedBy: SYSTEM,
      requesters: [SYSTEM.id],
      input: null,
      gateReason: 'the channel proves itself',
      explanation: null,
      impact: null,
      evidence: [],
      metadata: {},
      // Told there and nowhere else, and over soon whatever happens to this process.
      plan: { ...plainPlan('reversible', 300), channels: [row.name] },
    });
    await appendEvent(scope, {
      type: 'channel.proved',
      subject: row.id,
      actor: { kind: 'person', id: prover.id, name: prover.name },
      data: { approval_id: id },
    });
    await enqueue(scope, 'fan_out', workspaceId, null);
    scope.afterCommit(() => app.engine.wake.changed(workspaceId, [id]));
    return id;
  });

/** How the telling of it went, once it did. */
const deliveryOf = async (
  app: App,
  { workspaceId, row }: Place,
  subject: string,
  type: string,
): Promise<{ readonly passed: boolean; readonly detail: string }> => {
  const endMs = Date.now() + WAIT_MS;
  for (;;) {
    const found = await reading(app.engine.api, workspaceId, async (scope) => {
      const all = await listDeliveries(scope, { channelId: row.id, subject }, null, 50);
      const one = all.find(({ event_type: told }) => told === type);
      return one && { one, last: (await listAttempts(scope, one.id)).at(-1) };
    });
    if (found && found.one.status !== 'queued') {
      const passed = found.one.status === 'delivered' || found.one.status === 'sent';
      return { passed, detail: found.one.problem ?? found.last?.request.split('\n')[0] ?? found.one.status };
    }
    if (Date.now() > endMs) return { passed: false, detail: found?.one.problem ?? 'it was not told in time' };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
};

const isPending = async (app: App, { workspaceId }: Place, id: string): Promise<boolean> =>
  reading(app.engine.api, workspaceId, async (scope) => (await getApproval(scope, id))?.status === 'pending');

/** What a request that came in comes to: as a word, for the list of checks. */
const outcomeOf = async (app: App, place: Place, given: Inbound): Promise<string> => {
  const received = await place.inbound.receive(given, { ...place.at, now: new Date() });
  if (received.type === 'refused') return `refused: ${received.reason}`;
  if (received.type !== 'command') return 'ignored';
  try {
    await takeCommand(app, place, received.command);
    return 'answered';
  } catch (error) {
    if (error instanceof Problem) return `refused: ${error.message}`;
    throw error;
  }
};

const provesIncoming = async (app: App, place: Place, approvalId: string): Promise<Check[]> => {
  const { imitate } = place.inbound;
  const row = await reading(app.engine.api, place.workspaceId, (scope) => getApproval(scope, approvalId));
  if (!imitate || !row) return [];
  const click = { who: STRANGER, approvalId, digest: row.digest };
  const nowSeconds = Math.floor(Date.now() / 1000);
  const forged = await imitate(click, { ...place.at, nowSeconds, isForged: true });
  const ofForged = forged ? await outcomeOf(app, place, forged) : 'nothing to forge';
  const forgedCheck = check('A forged signature is refused', ofForged.startsWith('refused'), ofForged);
  const old = await imitate(click, { ...place.at, nowSeconds: nowSeconds - 3600, isForged: false });
  const good = await imitate(click, { ...place.at, nowSeconds, isForged: false });
  if (!old || !good) return [forgedCheck];
  const outcomes = [];
  for (const one of [old, good, good]) outcomes.push(await outcomeOf(app, place, one));
  const [ofOld = '', ofStranger = '', ofReplay = ''] = outcomes;
  const holds = await isPending(app, place, approvalId);
  return [
    forgedCheck,
    check('What is an hour old is refused', ofOld.startsWith('refused'), ofOld),
    check(
      'A stranger’s click is refused',
      holds && ofStranger === 'answered',
      holds ? 'in words that only they see; nothing was decided' : 'something was decided',
    ),
    check('A replay is refused', ofReplay.startsWith('refused'), ofReplay),
  ];
};

const knows = async (app: App, place: Place, prover: Prover): Promise<Check> => {
  const name = 'Who is there maps to a member';
  const { findUser, profileOf } = place.inbound;
  if (!findUser || !profileOf || place.row.settings['match_email'] === false)
    return check(name, true, 'by a code from the account page alone');
  const who = await findUser(prover.email, place.at).catch(() => null);
  if (!who)
    return check(name, false, `nobody there has the address ${prover.email}; a code from the account page works`);
  const profile = await profileOf(who, place.at);
  const personId =
    profile?.isConfirmed && profile.isFullMember
      ? await reading(app.engine.api, place.workspaceId, (scope) => memberOfEmail(scope, profile.email))
      : undefined;
  return check(name, personId === prover.id, `${who.user} is ${personId ?? 'nobody'}`);
};

/** A 500 first, then an answer that gets lost: in the end it is there, once. */
const losesNothing = async (
  app: App,
  place: Place,
  noticeOf: (type: string) => Parameters<Place['channel']['send']>[1],
): Promise<Check> => {
  const mayTellTwice = place.channel.mayTellTwice === true;
  const name = `A 500 and a lost answer lose nothing${mayTellTwice ? '' : ', and tell nothing twice'}`;
  let calls = 0;
  const unsteady: Tools['fetch'] = async (input, init) => {
    calls += 1;
    if (calls === 1) return new Response('no', { status: 500 });
    const answer = await app.engine.fetch(input, init);
    await answer.body?.cancel();
    throw new Error('the answer got lost');
  };
  const broken = createKinds({ fetch: unsteady, openSocket: () => never(), vapid: () => never(), smtp: null }).get(
    place.row.kind,
  );
  if (!broken) return check(name, false, 'no such kind');
  const notice = noticeOf(TEST_TYPE);
  const on = { ...place.at, recipient: null, reference: null };
  const message = broken.render(notice, on);
  const first = await broken.send(message, notice, on);
  const second = await broken.send(message, notice, { ...on, now: new Date() });
  const third = await place.channel.send(message, notice, { ...on, now: new Date(), isRepeat: true });
  const isKnown = place.channel.knowsRepeats === true;
  const isOnce = third.outcome === 'delivered' && (isKnown || mayTellTwice || third.wasThere === true);
  return check(
    name,
    first.outcome === 'retry' && second.outcome === 'retry' && isOnce,
    third.outcome === 'delivered'
      ? isKnown
        ? 'a repeated message is known there, and comes to the first one'
        : mayTellTwice
          ? 'it may stand there twice: this provider can’t be asked whether it has a message'
          : (third.response ?? '')
      : `the third attempt: ${'problem' in third ? third.problem : third.outcome}`,
  );
};

const never = (): never => {
  throw new Error('not asked for');
};
