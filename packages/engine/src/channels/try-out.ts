/** A test that is sent at once, and a preview that is not sent at all. */
import {
  type Check,
  type Notice,
  type NoticeApproval,
  type On,
  conformanceOf,
  outlastsAHang,
} from '@countersign/channels';
import {
  type ChannelRow,
  getChannel,
  getDelivery,
  listContacts,
  newId,
  reading,
  type Scope,
  transaction,
  workspaceName,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { inboundUrlOf, renderAll, secretsOf, sendParcel } from './deliver.ts';
import { TEST_TYPE } from './notice.ts';
import { parcelsOf } from './parcels.ts';
import { pushAddresses } from './push.ts';

/** Sends one delivery now, whatever is queued before it, and writes down how it went. */
export const sendNow = async (engine: Engine, workspaceId: string, deliveryId: string): Promise<void> => {
  const round = await transaction(engine.api, workspaceId, async (scope) => {
    const delivery = await getDelivery(scope, deliveryId);
    const row = delivery && (await getChannel(scope, delivery.channel_id));
    const channel = row && engine.channels.get(row.kind);
    if (!delivery || !row || !channel) return undefined;
    const [parcel] = await parcelsOf(engine, scope, row, channel, [delivery]);
    return parcel && { row, channel, parcel, secrets: secretsOf(engine, scope, row) };
  });
  if (round) await sendParcel(engine, workspaceId, round, round.parcel);
};

const SAMPLE: NoticeApproval = {
  id: `apr_${'0'.repeat(27)}`,
  title: 'Refund 120.00 EUR to a customer',
  kind: 'tool_call',
  status: 'pending',
  priority: 'high',
  risk: 'irreversible',
  tool: 'refund',
  checkpoint: 'refund',
  content: JSON.stringify({ amount: 120, currency: 'EUR', order: 'A-1001' }, null, 2),
  agent: 'Support agent',
  requestedBy: 'Support agent',
  reason: 'refunds over 100 are held',
  explanation: 'The parcel arrived broken.',
  impact: { if_approved: 'The customer gets the money back.' },
  input: null,
  evidence: [],
  digest: 'sha256:0',
  demanded: null,
  isReasonRequired: false,
  isShownByRole: false,
  fields: null,
  claimedBy: null,
  approvedBy: [],
  isEdited: false,
  expiresAt: null,
  executionId: null,
  decision: null,
};

type Preview = { media_type: string; headers: Record<string, string>; text: string; html: string | null };

/** The channel and a reader, with nothing sent yet: the one who tries it out. */
export const standFor = async (
  engine: Pick<Engine, 'issuer' | 'channels' | 'secrets'>,
  scope: Scope,
  row: ChannelRow,
  personId: string,
  secrets: readonly string[],
): Promise<{ readonly on: On; readonly noticeOf: (type: string) => Notice }> => {
  const person = (await listContacts(scope)).find(({ id }) => id === personId) ?? null;
  const workspace = { id: scope.workspaceId, name: await workspaceName(scope) };
  const now = new Date();
  const browsers = engine.channels.get(row.kind)?.reachesBrowsers
    ? ((await pushAddresses(engine, scope, [personId])).get(personId) ?? [])
    : null;
  return {
    on: {
      settings: row.settings as On['settings'],
      secrets,
      recipient: person && {
        id: person.id,
        name: person.name,
        email: person.email,
        phone: person.phone,
        ...(browsers ? { browsers } : {}),
      },
      reference: null,
      publicUrl: engine.issuer(),
      inboundUrl: inboundUrlOf(engine, row),
      now,
    },
    noticeOf: (type) => ({
      id: newId('delivery'),
      type,
      at: now,
      workspace,
      eventId: `evt_${'0'.repeat(27)}`,
      subject: SAMPLE.id,
      actor: { kind: 'system', id: 'system', name: 'Countersign' },
      data: { priority: SAMPLE.priority, tool: SAMPLE.tool, execution_id: null },
      sequence: 1,
      url: `${engine.issuer()}/inbox/${SAMPLE.id}`,
      approval: type.startsWith('approval.') ? SAMPLE : null,
    }),
  };
};

/** What the channel would say of an event, made up. */
export const previewOf = async (
  engine: Pick<Engine, 'channels' | 'issuer' | 'secrets'>,
  scope: Scope,
  row: ChannelRow,
  eventType: string,
  personId: string,
): Promise<Preview> => {
  const channel = engine.channels.get(row.kind);
  if (!channel) throw new Error(`no channel of the kind ${row.kind}`);
  const { on, noticeOf } = await standFor(
    engine,
    scope,
    row,
    personId,
    channel.inbound ? secretsOf(engine, scope, row) : [],
  );
  const message = renderAll(channel, [noticeOf(eventType)], on);
  return {
    media_type: message.mediaType,
    headers: { ...message.headers },
    text: message.text,
    html: message.html ?? null,
  };
};

/** Runs the conformance suite against the configured other side. Undefined: no such channel. */
export const proveChannel = async (
  engine: Engine,
  workspaceId: string,
  channelId: string,
  personId: string,
): Promise<Check[] | undefined> => {
  const stand = await reading(engine.api, workspaceId, async (scope) => {
    const row = await getChannel(scope, channelId);
    const channel = row && engine.channels.get(row.kind);
    return channel && { channel, ...(await standFor(engine, scope, row, personId, secretsOf(engine, scope, row))) };
  });
  if (!stand) return undefined;
  const { channel, on, noticeOf } = stand;
  const [checks, hang] = await Promise.all([
    conformanceOf(channel, noticeOf('approval.requested'), noticeOf(TEST_TYPE), on),
    outlastsAHang(channel.kind, noticeOf(TEST_TYPE), on),
  ]);
  return [...checks, hang];
};
