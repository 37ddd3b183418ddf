/** A voice line as it stands, for what Twilio asks of it: found by its id, and believed only by the account's signature. */
import { type TwilioAccount, formOf, whyNotTwilios } from '@countersign/channels';
import { accountOfLine } from '@countersign/engine';
import { type VoiceLineRow, getVoiceLine, reading, workspaceOfVoiceLine } from '@countersign/store';
import { readBytes } from '../http/body.ts';
import type { App } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';

export type LineStand = {
  readonly workspaceId: string;
  readonly line: VoiceLineRow;
  readonly account: TwilioAccount;
};

export const findLine = async (app: App, id: string): Promise<LineStand | undefined> => {
  const { api } = app.engine;
  const workspaceId = /^vln_[0-9A-Za-z]{27}$/.test(id) ? await workspaceOfVoiceLine(api, id) : undefined;
  if (workspaceId === undefined) return undefined;
  return reading(api, workspaceId, async (scope) => {
    const line = await getVoiceLine(scope, id);
    return line && { workspaceId, line, account: accountOfLine(app.engine, scope, line) };
  });
};

/** @throws Problem for a line that is none, or what its account did not sign @returns the form's fields */
export const checkTwilio = async (
  app: App,
  stand: LineStand | undefined,
  request: Request,
): Promise<{ readonly stand: LineStand; readonly form: URLSearchParams; readonly query: URLSearchParams }> => {
  if (!stand) throw notFound('voice line');
  const body = await readBytes(request);
  const { pathname, search, searchParams } = new URL(request.url);
  // Behind a proxy it came by another address than the one that Twilio asked for.
  const asked = { url: `${app.engine.issuer()}${pathname}${search}`, headers: request.headers, body };
  const form = formOf(asked);
  const why =
    whyNotTwilios([stand.account.token], asked) ??
    (form.get('AccountSid') === stand.account.sid ? null : 'it is of another account');
  if (why === null) return { stand, form, query: searchParams };
  app.engine.log.warn({ line: stand.line.id, reason: why }, 'what came in on a voice line was refused');
  throw new Problem('webhook_signature_invalid', 'This is not signed by the account of the line.');
};
