/** One's phone number: a code is sent to it, and whoever enters that has it. */
import { randomInt } from 'node:crypto';
import { CODE_TYPE, maskNumber } from '@countersign/channels';
import { TEST_TYPE, secretsOf, standFor } from '@countersign/engine';
import {
  type ChannelRow,
  type Scope,
  activeChannels,
  appendEvent,
  linkPhoneNumber,
  newId,
  putPhoneCode,
  takePhoneCode,
} from '@countersign/store';
import { mustBePerson } from '../auth/begin-session.ts';
import { hashSecret } from '../auth/keys.ts';
import { actorOf } from '../auth/principal.ts';
import { enterAttempt } from '../auth/throttle.ts';
import type { FreeHandlers, Handlers } from '../http/context.ts';
import { Problem, invalid } from '../http/problem.ts';

const VALID_SECONDS = 600;
const TRIES = 5;

const hashOf = (personId: string, code: string): Buffer => hashSecret(`phone/${personId}/${code}`);

/** A text message where there is a channel for one, else a call. */
const channelForCodes = async (scope: Scope): Promise<ChannelRow> => {
  const active = await activeChannels(scope);
  const row = active.find(({ kind }) => kind === 'sms') ?? active.find(({ kind }) => kind === 'voice');
  if (!row)
    throw invalid([
      { pointer: '/number', detail: 'no channel for text messages or calls is set up in this workspace' },
    ]);
  return row;
};

export const freePhoneHandlers = {
  startPhone: async ({ app, engine, principal, body, address, commit, reading }) => {
    const { personId } = mustBePerson(principal);
    const row = await reading(channelForCodes);
    // Never counted as passed: so many codes in so long, and no more (each one costs).
    await enterAttempt(app, 'phone', address, personId);
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    let isNew = false;
    const answer = await commit(async (scope) => {
      isNew = true;
      const expiresAt = await putPhoneCode(scope, personId, {
        number: body.number,
        hash: hashOf(personId, code),
        tries: TRIES,
        validSeconds: VALID_SECONDS,
      });
      return { sent_by: row.kind as 'sms' | 'voice', expires_at: expiresAt.toISOString() };
    });
    if (!isNew) return answer;
    const channel = engine.channels.get(row.kind);
    if (!channel) throw new Error(`no channel of the kind ${row.kind}`);
    const { on, noticeOf } = await reading((scope) =>
      standFor(engine, scope, row, personId, secretsOf(engine, scope, row)),
    );
    const notice = { ...noticeOf(TEST_TYPE), type: CODE_TYPE, data: { code } };
    const to = { ...on, recipient: { id: personId, name: '', email: '', phone: body.number } };
    const sent = await channel.send(channel.render(notice, to), notice, to);
    if ('problem' in sent) throw new Problem('upstream_failed', `The code was not sent: ${sent.problem}.`);
    return answer;
  },
} satisfies Partial<FreeHandlers>;

export const phoneHandlers = {
  verifyPhone: async ({ principal, body }, scope) => {
    const { personId } = mustBePerson(principal);
    const number = await takePhoneCode(scope, personId, hashOf(personId, body.code));
    if (number === undefined)
      return invalid([{ pointer: '/code', detail: 'is not the code, or its ten minutes or five tries are over' }]);
    await linkPhoneNumber(scope, newId('channelIdentity'), personId, number);
    await appendEvent(scope, {
      type: 'channel_identity.linked',
      subject: personId,
      actor: actorOf(principal),
      // Everybody with the log reads this; the number is its person's.
      data: { channel: 'phone', user: maskNumber(number), team: '', how: 'code' },
    });
    return undefined;
  },
} satisfies Partial<Handlers>;
