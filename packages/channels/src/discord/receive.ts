/** Discord's interactions, checked and read: https://docs.discord.com/developers/interactions/receiving-and-responding */
import { createPublicKey, verify } from 'node:crypto';
import type { JsonObject } from '@countersign/core';
import type { At } from '../channel.ts';
import { CODE_FIELD, type FormValues } from '../form.ts';
import { type Act, type Inbound, type Received, jsonAnswer } from '../inbound.ts';

const TOLERANCE_SECONDS = 300;
/** What stands before an Ed25519 key's bytes in its SubjectPublicKeyInfo (RFC 8410). */
const ED25519_DER = Buffer.from('302a300506032b6570032100', 'hex');

const isSigned = (publicKeyHex: string, timestamp: string, body: Uint8Array, signatureHex: string): boolean => {
  const key = createPublicKey({
    key: Buffer.concat([ED25519_DER, Buffer.from(publicKeyHex, 'hex')]),
    format: 'der',
    type: 'spki',
  });
  return verify(null, Buffer.concat([Buffer.from(timestamp), body]), key, Buffer.from(signatureHex, 'hex'));
};

type User = { readonly id?: string; readonly username?: string; readonly bot?: boolean };
type Input = { readonly custom_id?: string; readonly value?: string };
type Interaction = {
  readonly type?: number;
  readonly id?: string;
  readonly channel_id?: string;
  readonly user?: User;
  readonly member?: { readonly user?: User };
  readonly data?: {
    readonly custom_id?: string;
    readonly components?: readonly { readonly components?: readonly Input[] }[];
  };
};

const PING = 1;
const COMPONENT = 3;
const MODAL_SUBMIT = 5;
/** Nothing is shown, and nothing is waited for. */
export const DEFERRED_UPDATE = { type: 6 };

const refused = (reason: string): Received => ({ type: 'refused', reason });

export const receiveDiscord = (request: Inbound, at: At): Received => {
  const timestamp = request.headers.get('x-signature-timestamp') ?? '';
  const signature = request.headers.get('x-signature-ed25519') ?? '';
  if (!/^\d{1,12}$/.test(timestamp) || !/^[0-9a-f]{128}$/i.test(signature)) return refused('it is not signed');
  if (Math.abs(at.now.getTime() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS)
    return refused('it is of another time than now, by more than five minutes');
  if (!isSigned(at.settings['public_key'] as string, timestamp, request.body, signature))
    return refused('the signature is not that of this body');
  try {
    return commandOf(JSON.parse(new TextDecoder().decode(request.body)) as Interaction);
  } catch {
    return refused('its body is none that Discord sends');
  }
};

const valuesIn = (interaction: Interaction): FormValues =>
  Object.fromEntries(
    (interaction.data?.components ?? []).flatMap(({ components = [] }) =>
      components.flatMap(({ custom_id: name, value }) => (name === undefined ? [] : [[name, value ?? '']])),
    ),
  );

const seenOf = (id = '', digest = ''): { readonly approvalId: string; readonly digest: string } => ({
  approvalId: id,
  digest: `sha256:${Buffer.from(digest, 'base64url').toString('hex')}`,
});

const actOf = (interaction: Interaction): Act | null => {
  const [action, id, digest] = interaction.data?.custom_id?.split(':') ?? [];
  const isSubmitted = interaction.type === MODAL_SUBMIT;
  if (action === 'link')
    return isSubmitted ? { type: 'link', code: valuesIn(interaction)[CODE_FIELD] ?? '' } : { type: 'ask_link' };
  if (!id?.startsWith('apr_') || !digest) return null;
  const seen = seenOf(id, digest);
  switch (action) {
    case 'approve':
      return { type: 'decide', decision: 'approved', reason: null, ...seen };
    case 'claim':
      return { type: 'claim', approvalId: id };
    case 'reject':
    case 'edit':
    case 'answer':
      return isSubmitted
        ? { type: 'submit', form: action, values: valuesIn(interaction), ...seen }
        : { type: 'form', form: action, ...seen };
    default:
      return null;
  }
};

const commandOf = (interaction: Interaction): Received => {
  const { type, id, member, user = member?.user, channel_id: channel = null } = interaction;
  if (type === PING) return { type: 'answer', answer: jsonAnswer({ type: PING }) };
  const act = type === COMPONENT || type === MODAL_SUBMIT ? actOf(interaction) : null;
  if (!act || !id || !user?.id || user.bot) return { type: 'answer', answer: jsonAnswer(DEFERRED_UPDATE) };
  const context: JsonObject = { is_submitted: type === MODAL_SUBMIT };
  return {
    type: 'command',
    command: {
      onceKey: `interaction:${id}`,
      // A user's id is the same in every server of Discord's.
      who: { team: 'discord', user: user.id, name: user.username ?? user.id },
      act,
      placeId: channel,
      context,
      isRetry: false,
    },
  };
};
