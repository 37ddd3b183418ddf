/** One's own keys for signing decisions, and what they sign. */
import { randomBytes } from 'node:crypto';
import { type Intent, type SignedIntent, canonicalize, signableIntent } from '@countersign/core';
import { previewIntent } from '@countersign/engine';
import {
  type Scope,
  type SigningCredentialRow,
  appendEvent,
  beginSigningRegistration,
  insertSigningCredential,
  insertSigningIntent,
  listSigningCredentials,
  newId,
  readClock,
  revokeSigningCredential,
  signingCredentialUsed,
  takeSigningIntent,
  takeSigningRegistration,
} from '@countersign/store';
import { actorOf, personOf } from '../auth/principal.ts';
import { askForNewKey, askForSignature, checkNewKey, checkSignature, mustHaveParty } from '../auth/signing.ts';
import { loadVoter } from '../auth/voter.ts';
import type { Context, Handlers } from '../http/context.ts';
import { Problem, fromRefusal, invalid, notFound } from '../http/problem.ts';

const INTENT_SECONDS = 5 * 60;
const KEYS_MAX = 20;

const present = (row: SigningCredentialRow) => ({
  id: row.id,
  name: row.name,
  created_at: row.created_at.toISOString(),
  last_used_at: row.last_used_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
});

const liveKeys = async (scope: Scope, personId: string): Promise<SigningCredentialRow[]> =>
  (await listSigningCredentials(scope, personId)).filter(({ revoked_at: revokedAt }) => revokedAt === null);

const json = (options: object) => JSON.parse(JSON.stringify(options)) as Record<string, never>;

export const signingHandlers = {
  listSigningKeys: async ({ principal }, scope) => ({
    data: (await listSigningCredentials(scope, personOf(principal))).map(present),
  }),
  startSigningKey: async ({ app, request, principal }, scope) => {
    const personId = personOf(principal);
    const party = mustHaveParty(request, app.config.publicUrl);
    const have = await liveKeys(scope, personId);
    if (have.length >= KEYS_MAX) throw invalid([{ pointer: '', detail: `there are ${KEYS_MAX} signing keys already` }]);
    const options = await askForNewKey(party, { id: personId, name: principal.name }, have);
    await beginSigningRegistration(scope, personId, options.challenge);
    return { options: json(options) };
  },
  addSigningKey: async ({ app, request, principal, body }, scope) => {
    const personId = personOf(principal);
    const challenge = await takeSigningRegistration(scope, personId);
    const party = mustHaveParty(request, app.config.publicUrl);
    const key = challenge === undefined ? null : await checkNewKey(party, challenge, body.credential);
    if (!key)
      throw invalid([
        { pointer: '/credential', detail: 'is no answer to the challenge, or came too late: begin again' },
      ]);
    const id = newId('signingCredential');
    if (!(await insertSigningCredential(scope, { id, person_id: personId, name: body.name, ...key })))
      throw new Problem('name_taken', 'This key is registered already.');
    await appendEvent(scope, {
      type: 'signing_credential.added',
      subject: id,
      actor: actorOf(principal),
      data: { person_id: personId },
    });
    const row = (await listSigningCredentials(scope, personId)).find((one) => one.id === id);
    if (!row) throw new Error('the key is gone');
    return present(row);
  },
  revokeSigningKey: async ({ params, principal }, scope) => {
    if (!(await revokeSigningCredential(scope, personOf(principal), params.id))) throw notFound('signing key');
    await appendEvent(scope, {
      type: 'signing_credential.revoked',
      subject: params.id,
      actor: actorOf(principal),
      data: { person_id: personOf(principal) },
    });
    return undefined;
  },

  prepareSignature: async ({ app, engine, request, params, principal, body }, scope) => {
    const standing = await loadVoter(scope, principal);
    const preview = await previewIntent(engine, scope, params.id, {
      ...standing,
      voter: { ...standing.voter, assurance: 'signed' },
      decision: body.decision,
      digest: body.digest,
      viewDigest: body.view_digest,
      reason: body.reason ?? null,
      arguments: body.arguments,
      output: body.output,
      response: body.response,
    });
    if (!preview.ok) return fromRefusal(preview.refusal);
    const party = mustHaveParty(request, app.config.publicUrl);
    const keys = await liveKeys(scope, personOf(principal));
    if (keys.length === 0)
      throw new Problem('signature_required', 'Add a signing key first, on your account page.', { keys: 0 });
    const now = await readClock(scope);
    const expiresAt = new Date(now.getTime() + INTENT_SECONDS * 1000).toISOString();
    const intent = signableIntent(preview.value, {
      nonce: randomBytes(16).toString('base64url'),
      issuedAt: now.toISOString(),
      expiresAt,
    });
    const id = newId('intent');
    const text = canonicalize(intent);
    await insertSigningIntent(scope, { id, approvalId: params.id, personId: personOf(principal), text, expiresAt });
    const options = await askForSignature(party, keys, intent);
    return { id, intent: json(intent), text, options: json(options), expires_at: expiresAt };
  },
} satisfies Partial<Handlers>;

type Deciding = Pick<Context<'decideApproval'>, 'app' | 'request' | 'params' | 'principal' | 'body'>;

/**
 * The intent and the person's signature over it; it is used up by that, whatever comes of the decision.
 * @throws Problem `signature_invalid`
 */
export const takeSignature = async (
  { app, request, params, principal, body }: Deciding,
  scope: Scope,
): Promise<SignedIntent | undefined> => {
  const { signature } = body;
  if (!signature) return undefined;
  if (principal.kind !== 'person') throw new Problem('forbidden', 'A key of a program signs for nobody.');
  const refuse = (why: string): never => {
    throw new Problem('signature_invalid', why);
  };
  const text = await takeSigningIntent(scope, signature.intent_id, params.id, principal.personId);
  if (text === undefined) return refuse('There is no such intent, or it was used, or its five minutes are over.');
  const keys = await liveKeys(scope, principal.personId);
  const key = keys.find(({ credential_id: id }) => id === signature.credential.id);
  if (!key) return refuse('The signature is of none of your signing keys.');
  const party = mustHaveParty(request, app.config.publicUrl);
  const checked = await checkSignature(party, key, JSON.parse(text) as Intent, signature.credential);
  if (!checked) return refuse('The signature is not one of this key over this decision.');
  await signingCredentialUsed(scope, key.id, checked.counter);
  return { intent: text, assertion: checked.assertion };
};
