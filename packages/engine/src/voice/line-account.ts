import type { TwilioAccount } from '@countersign/channels';
import type { Scope, VoiceLineRow } from '@countersign/store';
import type { Engine } from '../engine.ts';

const contextOf = ({ workspaceId }: Pick<Scope, 'workspaceId'>, id: string): string =>
  `${workspaceId}/voice-line/${id}`;

export const sealLineToken = (
  { secrets }: Pick<Engine, 'secrets'>,
  scope: Pick<Scope, 'workspaceId'>,
  id: string,
  token: string,
): Buffer => secrets.seal(token, contextOf(scope, id));

/** The account at Twilio that a line belongs to, with its token. */
export const accountOfLine = (
  { secrets }: Pick<Engine, 'secrets'>,
  scope: Pick<Scope, 'workspaceId'>,
  line: Pick<VoiceLineRow, 'id' | 'account_sid' | 'auth_token' | 'api_url'>,
): TwilioAccount => ({
  sid: line.account_sid,
  token: secrets.open(line.auth_token, contextOf(scope, line.id)),
  apiUrl: line.api_url,
});

/** Where Twilio asks what a line does next. */
export const lineUrl = (
  { issuer }: Pick<Engine, 'issuer'>,
  lineId: string,
  callId: string | null,
  step: string,
): string => `${issuer()}/voice/lines/${lineId}/${callId === null ? '' : `calls/${callId}/`}${step}`;
