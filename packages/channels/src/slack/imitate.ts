import { randomBytes, randomUUID } from 'node:crypto';
import type { Imitate } from '../channel.ts';
import { givenSecrets } from '../given-secrets.ts';
import { valueOf } from './blocks.ts';
import { signatureOf } from './receive.ts';
import type { SlackSecrets } from './web-api.ts';

/** A click on Approve as Slack tells of it. */
export const imitateSlack: Imitate = ({ who, approvalId, digest }, at) => {
  const secret = at.isForged ? randomBytes(16).toString('hex') : givenSecrets<SlackSecrets>(at)[0]?.signing_secret;
  if (secret === undefined) return null;
  const payload = {
    type: 'block_actions',
    team: { id: who.team },
    user: { id: who.user, team_id: who.team, username: who.name },
    trigger_id: randomUUID(),
    channel: { id: at.settings['channel'] },
    actions: [{ action_id: 'approve', value: valueOf({ id: approvalId, digest }) }],
  };
  const body = Buffer.from(new URLSearchParams({ payload: JSON.stringify(payload) }).toString());
  const timestamp = String(at.nowSeconds);
  return {
    method: 'POST',
    url: at.inboundUrl,
    body,
    headers: new Headers({
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signatureOf(secret, timestamp, body),
    }),
  };
};
