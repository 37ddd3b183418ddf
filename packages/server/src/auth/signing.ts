/** Decisions that a person signs with a key of their own (WebAuthn): the challenge is the decision itself (trust.md, 3.2). */
import { createHash, createPublicKey } from 'node:crypto';
import { type Assertion, type Intent, intentText } from '@countersign/core';
import type { SigningCredentialRow } from '@countersign/store';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { cose, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';
import { ownOrigin } from '../http/origin.ts';
import { Problem } from '../http/problem.ts';

/** To what a signature is bound: the name of the host, and the origin of the page that asks for it. */
type Party = { readonly id: string; readonly origin: string };

/** @throws Problem `invalid` at an address that is a number: browsers make no such keys there */
export const mustHaveParty = (request: Request, publicUrl: string): Party => {
  const origin = ownOrigin(request, publicUrl);
  const { hostname } = new URL(origin);
  if (/^[\d.]+$|^\[/.test(hostname))
    throw new Problem('invalid', 'Signing keys are bound to a name: open this server at one, such as localhost.');
  return { id: hostname, origin };
};

/** The challenge: SHA-256 over the intent in its domain, so that no sign-in or other signature can stand for it. */
const challengeOf = (intent: Intent): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(intentText(intent)).digest());

type Descriptor = Pick<SigningCredentialRow, 'credential_id' | 'transports'>;
const descriptors = (keys: readonly Descriptor[]) =>
  // What a browser said about its own key, handed back to a browser.
  keys.map(({ credential_id: id, transports }) => ({ id, transports: transports as never[] }));

/** ES256, EdDSA, RS256: what a verifier needs no library for. */
const ALGORITHMS = [-7, -8, -257];

export const askForNewKey = (
  party: Party,
  person: { readonly id: string; readonly name: string },
  have: readonly Descriptor[],
) =>
  generateRegistrationOptions({
    rpName: 'Countersign signatures',
    rpID: party.id,
    // Not the handle under which passkeys for signing in are kept: an authenticator would put one in the place of the other.
    userID: new Uint8Array(createHash('sha256').update(`countersign signing ${person.id}`).digest()),
    userName: `${person.name} (signing)`,
    userDisplayName: `${person.name} (signing)`,
    attestationType: 'none',
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: descriptors(have),
    // Not discoverable: no sign-in dialog ever offers it.
    authenticatorSelection: { residentKey: 'discouraged', userVerification: 'required' },
  });

/** Only these keys, and only over this. */
export const askForSignature = (party: Party, keys: readonly Descriptor[], intent: Intent) =>
  generateAuthenticationOptions({
    rpID: party.id,
    challenge: challengeOf(intent),
    allowCredentials: descriptors(keys),
    userVerification: 'required',
  });

/** A COSE key as SubjectPublicKeyInfo, which every library reads. @throws for a kind that is none of ours */
const spkiOf = (coseKey: Uint8Array<ArrayBuffer>): Buffer => {
  const key = decodeCredentialPublicKey(coseKey);
  const b64 = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64url');
  const jwk = cose.isCOSEPublicKeyEC2(key)
    ? { kty: 'EC', crv: 'P-256', x: b64(key.get(cose.COSEKEYS.x)), y: b64(key.get(cose.COSEKEYS.y)) }
    : cose.isCOSEPublicKeyRSA(key)
      ? { kty: 'RSA', n: b64(key.get(cose.COSEKEYS.n)), e: b64(key.get(cose.COSEKEYS.e)) }
      : cose.isCOSEPublicKeyOKP(key)
        ? { kty: 'OKP', crv: 'Ed25519', x: b64(key.get(cose.COSEKEYS.x)) }
        : null;
  if (!jwk) throw new Error('a key of another kind');
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
};

type NewKey = Pick<SigningCredentialRow, 'credential_id' | 'public_key' | 'cose_key' | 'counter' | 'transports'>;

/** @returns what to keep of a new key, or null if the answer is not one to this challenge, here, by a verified person */
export const checkNewKey = async (
  party: Party,
  challenge: string,
  answer: { readonly response: { readonly transports?: readonly string[] | undefined } },
): Promise<NewKey | null> => {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: answer as never, // the library's shape, read by our schema
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified) return null;
    const { credential } = registrationInfo;
    return {
      credential_id: credential.id,
      public_key: spkiOf(credential.publicKey),
      cose_key: Buffer.from(credential.publicKey),
      counter: credential.counter,
      transports: [...(answer.response.transports ?? [])],
    };
  } catch {
    // Whatever is wrong with an answer, it is no key.
    return null;
  }
};

type Answer = {
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
  };
};

/** @returns the assertion to keep and the key's counter, or null if this is no signature of this key over this intent here */
export const checkSignature = async (
  party: Party,
  key: SigningCredentialRow,
  intent: Intent,
  answer: Answer,
): Promise<{ readonly assertion: Assertion; readonly counter: number } | null> => {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: answer as never, // as above
      expectedChallenge: Buffer.from(challengeOf(intent)).toString('base64url'),
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: { id: key.credential_id, publicKey: new Uint8Array(key.cose_key), counter: key.counter },
    });
    if (!verified) return null;
    const { clientDataJSON, authenticatorData, signature } = answer.response;
    return {
      counter: authenticationInfo.newCounter,
      assertion: {
        credential: key.credential_id,
        public_key: key.public_key.toString('base64url'),
        rp_id: party.id,
        origin: party.origin,
        authenticator_data: authenticatorData,
        client_data_json: clientDataJSON,
        signature,
      },
    };
  } catch {
    return null;
  }
};
