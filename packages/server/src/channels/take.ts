/** What somebody did in a channel: who they are, what they may do, once; and what they alone are told of it. */
import type { Act, HttpAnswer, InboundCommand, Reply } from '@countersign/channels';
import { loadNoticeApproval } from '@countersign/engine';
import {
  type ApprovalRow,
  type Scope,
  appendEvent,
  getApproval,
  reading,
  subjectOfReference,
  takeInbound,
  transaction,
} from '@countersign/store';
import { actorOf } from '../auth/principal.ts';
import type { App } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';
import { bodyOf, fieldErrors, formFor, linkForm } from './forms.ts';
import { performAs } from './perform.ts';
import { type Place, placeOfCommand } from './place.ts';
import { type ChannelPrincipal, linkByCode, memberOf, strangerIn } from './who.ts';

const DONE: Reply = { type: 'done' };

const words = (text: string, link: { label: string; url: string } | null = null, offersLink = false): Reply => ({
  type: 'words',
  words: text,
  link,
  offersLink,
});

/**
 * Carries out a command whose signature was checked, and has its provider answered.
 * @throws Problem `replayed`
 */
export const takeCommand = async (app: App, found: Place, command: InboundCommand): Promise<HttpAnswer> => {
  const place = await placeOfCommand(app, found, command);
  return place.inbound.answer(await replyTo(app, place, command), command, place.at);
};

/** The first thing that is written: whatever comes of it, the same request again comes to nothing (trust.md, B6). */
const takeOnce = async (scope: Scope, { row }: Place, { onceKey }: InboundCommand): Promise<void> => {
  if (!(await takeInbound(scope, row.id, onceKey)))
    throw new Problem('replayed', 'It came before, and was taken then.');
};

const replyTo = async (app: App, place: Place, command: InboundCommand): Promise<Reply> => {
  const { act, who } = command;
  try {
    if (place.row.status !== 'active')
      throw new Problem('channel_paused', 'This channel is paused: decide on the page of the request.');
    if (act.type === 'ask_link') return { type: 'form', form: linkForm };
    if (act.type === 'link') return await linkThem(app, place, command, act.code);
    if (act.type === 'look') return await look(app, place, act.reference);
    const member = await memberOf(app, place, who);
    if (!member) return await refuseStranger(app, place, command);
    const done = await carryOutOnce(app, place, command, member);
    if (!(done instanceof Problem)) return await shownTo(app, place, act, done);
    app.refusals.note('channel', { principal: member, subject: subjectOf(act), address: '' }, done);
    return await told(app, place, act, done);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // Its provider, which is not sure that it got through, hears that it did.
    if (error.code === 'replayed') {
      if (command.isRetry) return DONE;
      throw error;
    }
    return words(error.message);
  }
};

/** As over HTTP: a Problem that is returned commits, one that is thrown rolls back. What was refused stays refused. */
const carryOutOnce = (
  app: App,
  place: Place,
  command: InboundCommand,
  member: ChannelPrincipal,
): Promise<Reply | Problem> =>
  transaction(app.engine.api, place.workspaceId, async (scope) => {
    await takeOnce(scope, place, command);
    return carryOut(app, scope, place, member, command.act);
  }).catch(async (error: unknown) => {
    if (!(error instanceof Problem) || error.code === 'replayed') throw error;
    await transaction(app.engine.api, place.workspaceId, (scope) => takeInbound(scope, place.row.id, command.onceKey));
    return error;
  });

/** Reads only what the message itself says to everybody there: whoever sees that may. */
const look = (app: App, place: Place, reference: string): Promise<Reply> =>
  reading(app.engine.api, place.workspaceId, async (scope) => {
    const id = await subjectOfReference(scope, place.row.kind, reference);
    return id?.startsWith('apr_') ? requestReply(scope, place, id) : words('This is about none of our requests.');
  });

const requestReply = async (scope: Scope, place: Place, id: string): Promise<Reply> => ({
  type: 'request',
  approval: await loadNoticeApproval(scope, await mustGet(scope, id)),
  url: `${place.at.publicUrl}/inbox/${id}`,
});

/** What was done, shown by what it made of the request, where the kind can show that to them at once. */
const shownTo = async (app: App, place: Place, act: Act, done: Reply): Promise<Reply> => {
  const id = subjectOf(act);
  if (done.type !== 'done' || id === undefined || !place.inbound.answersWithRequest) return done;
  return reading(app.engine.api, place.workspaceId, (scope) => requestReply(scope, place, id));
};

const subjectOf = (act: Act): string | undefined => ('approvalId' in act ? act.approvalId : undefined);

const linkThem = async (app: App, place: Place, command: InboundCommand, code: string): Promise<Reply> => {
  await transaction(app.engine.api, place.workspaceId, (scope) => takeOnce(scope, place, command));
  const member = await linkByCode(app, place, command.who, code);
  return words(`You are ${member.name} here now. Go on with what you were about to do.`);
};

/** In words only they see. What they tried stands in the log. */
const refuseStranger = async (app: App, place: Place, command: InboundCommand): Promise<Reply> => {
  await transaction(app.engine.api, place.workspaceId, async (scope) => {
    await takeOnce(scope, place, command);
    await appendEvent(scope, {
      type: 'request.refused',
      subject: subjectOf(command.act) ?? place.row.id,
      actor: { kind: 'system', id: 'anonymous', name: `Somebody in ${place.row.name}` },
      data: { code: 'not_linked', route: 'channel', channel: place.row.id, user: strangerIn(place, command.who) },
    });
    scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [place.row.id]));
  });
  if (command.act.type === 'comment')
    return words('This was not kept as a comment: Countersign does not know who you are here.', null, true);
  return words(
    'Countersign does not know who you are here, so nothing was done. If you are a member, make a code on your account page and enter it.',
    { label: 'Open your account page', url: `${place.at.publicUrl}/account#channels` },
    true,
  );
};

const noteActed = (scope: Scope, place: Place, member: ChannelPrincipal, id: string, what: string): Promise<void> =>
  appendEvent(scope, {
    type: 'channel.acted',
    subject: id,
    actor: actorOf(member),
    data: { channel: place.row.id, kind: place.row.kind, name: place.row.name, act: what },
  });

const mustGet = async (scope: Scope, id: string): Promise<ApprovalRow> => {
  const row = await getApproval(scope, id);
  if (!row) throw notFound('approval');
  return row;
};

/** @throws Problem `open_to_decide` for what can't be approved there */
const holdToPlace = async (scope: Scope, place: Place, row: ApprovalRow): Promise<void> => {
  const why = row.status === 'pending' ? place.inbound.whyNot(await loadNoticeApproval(scope, row), place.at) : null;
  if (why !== null) throw new Problem('open_to_decide', `${why} Open the request to decide.`);
};

const carryOut = async (
  app: App,
  scope: Scope,
  place: Place,
  member: ChannelPrincipal,
  act: Act,
): Promise<Reply | Problem> => {
  switch (act.type) {
    case 'claim': {
      const claimed = await performAs(app, scope, member, 'claimApproval', act.approvalId, { force: false });
      if (claimed instanceof Problem) return claimed;
      await noteActed(scope, place, member, act.approvalId, 'claim');
      return DONE;
    }
    case 'comment': {
      const id = await subjectOfReference(scope, place.row.kind, act.reference);
      // A thread that is not about one of our requests is none of our business.
      if (id === undefined || !id.startsWith('apr_')) return DONE;
      const said = await performAs(app, scope, member, 'createComment', id, { body: act.body, is_question: false });
      if (said instanceof Problem) return said;
      await noteActed(scope, place, member, id, 'comment');
      return DONE;
    }
    case 'form': {
      const row = await mustGet(scope, act.approvalId);
      if (row.decision)
        throw new Problem('already_decided', `It was ${row.decision.outcome} by ${row.decision.by.name}.`);
      if (row.digest !== act.digest) throw new Problem('digest_stale', 'It was changed since.');
      if (act.form !== 'reject') await holdToPlace(scope, place, row);
      const form = formFor(act.form, row, act);
      if (!form) throw new Problem('open_to_decide', 'This is too much for a form: open the request.');
      return { type: 'form', form };
    }
    case 'ask_link':
    case 'link':
    case 'look':
      return DONE;
    case 'decide':
    case 'submit': {
      const row = await mustGet(scope, act.approvalId);
      const body =
        act.type === 'decide'
          ? { decision: act.decision, digest: act.digest, ...(act.reason === null ? {} : { reason: act.reason }) }
          : bodyOf(act.form, row, act.digest, act.values);
      if (body.decision === 'approved' && row.digest === act.digest) await holdToPlace(scope, place, row);
      const decided = await performAs(app, scope, member, 'decideApproval', row.id, body as never);
      if (decided instanceof Problem) return decided;
      await noteActed(scope, place, member, row.id, act.type === 'submit' ? act.form : body.decision);
      scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [row.id]));
      return DONE;
    }
  }
};

/** Why it was not done; for a form's own fields beside them, for what has changed with what it is now. */
const told = async (app: App, place: Place, act: Act, problem: Problem): Promise<Reply> => {
  const id = subjectOf(act);
  if (id === undefined) return words(problem.message);
  const link = { label: 'Open the request', url: `${place.at.publicUrl}/inbox/${id}` };
  const row = await reading(app.engine.api, place.workspaceId, (scope) => getApproval(scope, id));
  if (!row) return words('There is no such request.');
  const errors = problem.facts['errors'];
  if (act.type === 'submit' && problem.code === 'invalid' && Array.isArray(errors)) {
    const form = formFor(act.form, row, act);
    if (form) return { type: 'errors', errors: fieldErrors(form, errors) };
  }
  if (problem.code !== 'digest_stale') return words(problem.message, link);
  const now = await reading(app.engine.api, place.workspaceId, (scope) => loadNoticeApproval(scope, row));
  return words(`It was changed since you saw it. Now it is: ${now.content.slice(0, 1500)}`, link);
};
