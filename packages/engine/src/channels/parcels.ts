/** What is due on a channel as the messages that go out now: one thing each, or several for one person. */
import {
  type Channel,
  type Notice,
  type NoticeApproval,
  type On,
  type Recipient,
  asksSomebody,
} from '@countersign/channels';
import {
  type ChannelRow,
  type DeliveryRow,
  type Scope,
  bundleDeliveries,
  getApproval,
  listComments,
  listContacts,
  recentMessages,
  referenceOf,
  skipDelivery,
  workspaceName,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { type PersonalLink, linkContext } from './mail.ts';
import { pushAddresses } from './push.ts';
import { TEST_TYPE, loadNoticeApproval, noticeOf } from './notice.ts';

/** trust.md, D5: after so many messages in so long, a person gets the rest in one. */
const MESSAGES_MAX = 5;
const WITHIN_SECONDS = 600;

/** One message: what it tells, in the order in which it happened, and whom. */
export type Parcel = {
  readonly deliveries: readonly DeliveryRow[];
  readonly notices: readonly Notice[];
  readonly on: Pick<On, 'recipient' | 'reference' | 'isRepeat'>;
};

export const parcelsOf = async (
  engine: Pick<Engine, 'issuer' | 'secrets'>,
  scope: Scope,
  row: ChannelRow,
  channel: Channel,
  due: readonly DeliveryRow[],
): Promise<Parcel[]> => {
  if (due.length === 0) return [];
  const workspace = { id: scope.workspaceId, name: await workspaceName(scope) };
  const approvals = new Map<string, NoticeApproval | undefined>();
  const approvalOf = async (subject: string): Promise<NoticeApproval | undefined> => {
    // A program gets what happened, and nothing of what it happened to.
    if (channel.isForPrograms || !subject.startsWith('apr_')) return undefined;
    if (!approvals.has(subject)) {
      const approval = await getApproval(scope, subject);
      approvals.set(subject, approval && (await loadNoticeApproval(scope, approval)));
    }
    return approvals.get(subject);
  };
  const parcel = async (deliveries: readonly DeliveryRow[], recipient: Recipient | null): Promise<Parcel[]> => {
    const [first] = deliveries;
    if (!first) return [];
    const notices: Notice[] = [];
    for (const one of deliveries) {
      const comment = channel.isForPrograms ? null : await commentOf(scope, one);
      const notice = noticeOf(one, await approvalOf(one.subject), workspace, engine.issuer());
      notices.push({ ...notice, comment });
    }
    const link = linkOf(engine, scope, first);
    if (link) {
      const to = { id: '', ...link.to };
      return [
        { deliveries, notices: notices.map((notice) => ({ ...notice, link })), on: { recipient: to, reference: null } },
      ];
    }
    const reference = channel.isForPrograms ? null : await referenceOf(scope, first);
    if (reference === null && channel.follows?.(first.event_type)) {
      await skipDelivery(scope, first.id, 'the request itself was not told there');
      return [];
    }
    return [{ deliveries, notices, on: { recipient, reference, isRepeat: first.attempts > 0 } }];
  };
  if (channel.audience === 'place') {
    const parcels = [];
    for (const one of due) parcels.push(...(await parcel([one], null)));
    return parcels;
  }
  const people = await readersOf(engine, scope, channel);
  const worth = await worthTelling(scope, due, people, approvalOf, channel);
  const parcels = [];
  for (const { personId, messages } of await messagesOf(scope, row, channel, worth))
    for (const deliveries of messages) parcels.push(...(await parcel(deliveries, people.get(personId) ?? null)));
  return parcels;
};

/** Everybody who may be told, with what the channel reaches them by. */
const readersOf = async (
  engine: Pick<Engine, 'secrets'>,
  scope: Scope,
  channel: Channel,
): Promise<ReadonlyMap<string, Recipient>> => {
  const contacts = await listContacts(scope);
  const browsers = channel.reachesBrowsers
    ? await pushAddresses(
        engine,
        scope,
        contacts.map(({ id }) => id),
      )
    : null;
  return new Map(
    contacts.map((contact) => [
      contact.id,
      browsers ? { ...contact, browsers: browsers.get(contact.id) ?? [] } : contact,
    ]),
  );
};

const commentOf = async (
  scope: Scope,
  { event_type: type, subject, notice }: DeliveryRow,
): Promise<NonNullable<Notice['comment']> | null> => {
  if (type !== 'approval.commented') return null;
  const said = (await listComments(scope, subject)).find(({ id }) => id === notice.data['comment_id']);
  return said ? { author: said.author.name, body: said.body } : null;
};

const linkOf = (
  { secrets }: Pick<Engine, 'secrets'>,
  { workspaceId }: Scope,
  { id, sealed }: DeliveryRow,
): PersonalLink | null =>
  sealed ? (JSON.parse(secrets.open(sealed, linkContext(workspaceId, id))) as PersonalLink) : null;

/** Nobody is asked for what is decided, nor told who has left. */
const worthTelling = async (
  scope: Scope,
  due: readonly DeliveryRow[],
  people: ReadonlyMap<string, Recipient>,
  approvalOf: (subject: string) => Promise<NoticeApproval | undefined>,
  channel: Channel,
): Promise<DeliveryRow[]> => {
  const worth: DeliveryRow[] = [];
  for (const one of due) {
    const status = (await approvalOf(one.subject))?.status;
    if (one.sealed) worth.push(one);
    else if (one.recipient === '') await skipDelivery(scope, one.id, 'its link was not kept: make a new one');
    else if (!people.has(one.recipient)) await skipDelivery(scope, one.id, 'not a member any more');
    else if (status !== undefined && status !== 'pending' && asksSomebody(one.event_type))
      await skipDelivery(scope, one.id, `meanwhile ${status}`);
    else {
      const person = people.get(one.recipient);
      const why = person ? (channel.cannotReach?.(person) ?? null) : null;
      if (why === null) worth.push(one);
      else await skipDelivery(scope, one.id, why);
    }
  }
  return worth;
};

type Messages = { readonly personId: string; readonly messages: readonly (readonly DeliveryRow[])[] };

/** What waits for a digest goes together; of the rest each by itself, until it is too much for a person. */
const messagesOf = async (
  scope: Scope,
  row: ChannelRow,
  channel: Channel,
  due: readonly DeliveryRow[],
): Promise<Messages[]> => {
  const byPerson = Map.groupBy(due, ({ recipient }) => recipient);
  if (!channel.digest) return [...byPerson].map(([personId, all]) => ({ personId, messages: all.map((one) => [one]) }));
  const recent = new Map(
    (await recentMessages(scope, row.id, [...byPerson.keys()], WITHIN_SECONDS)).map((one) => [one.recipient, one]),
  );
  const result: Messages[] = [];
  for (const [personId, all] of byPerson) {
    const bundled = all.filter((one) => one.is_digest);
    // Whoever waits for one does so now.
    const tests = all.filter((one) => one.event_type === TEST_TYPE || one.sealed);
    const single = all.filter((one) => !one.is_digest && !tests.includes(one));
    const room = Math.max(0, MESSAGES_MAX - (recent.get(personId)?.count ?? 0));
    const tooMany = single.slice(room);
    const since = recent.get(personId)?.oldest ?? new Date();
    if (tooMany.length > 0)
      await bundleDeliveries(
        scope,
        tooMany.map(({ id }) => id),
        new Date(since.getTime() + WITHIN_SECONDS * 1000),
      );
    result.push({
      personId,
      messages: [...(bundled.length > 0 ? [bundled] : []), ...[...tests, ...single.slice(0, room)].map((one) => [one])],
    });
  }
  return result;
};
