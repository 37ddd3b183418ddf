import { SignJWT, generateKeyPair } from 'jose';
import { randomUUID } from 'node:crypto';
import type { Imitate } from '../channel.ts';
import { dataOf } from './card.ts';

/** A press of Approve, with a token that says all that the connector's would, by another key. We hold nothing to sign a good one with. */
export const imitateTeams: Imitate = async (
  { who, approvalId, digest },
  { settings, inboundUrl, nowSeconds, isForged },
) => {
  if (!isForged) return null;
  const serviceUrl = settings['api_url'] as string;
  const { privateKey } = await generateKeyPair('RS256');
  const token = await new SignJWT({ serviceurl: serviceUrl })
    .setProtectedHeader({ alg: 'RS256', kid: 'forged', typ: 'JWT' })
    .setIssuer('https://api.botframework.com')
    .setAudience(settings['app_id'] as string)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + 600)
    .sign(privateKey);
  const activity = {
    type: 'invoke',
    name: 'adaptiveCard/action',
    id: randomUUID(),
    timestamp: new Date(nowSeconds * 1000).toISOString(),
    serviceUrl,
    channelId: 'msteams',
    from: { id: `29:${who.user}`, name: who.name, aadObjectId: who.user },
    conversation: { id: settings['channel'], tenantId: settings['tenant_id'] },
    value: { action: { type: 'Action.Execute', verb: 'approve', data: dataOf({ id: approvalId, digest }) } },
  };
  return {
    method: 'POST',
    url: inboundUrl,
    body: Buffer.from(JSON.stringify(activity)),
    headers: new Headers({ 'content-type': 'application/json', authorization: `Bearer ${token}` }),
  };
};
