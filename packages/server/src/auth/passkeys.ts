/** Passkeys: discoverable credentials with user verification (WebAuthn). Checked by @simplewebauthn/server. */
import type { accountShapes } from '@countersign/contract';
import type { PasskeyRow } from '@countersign/store';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { z } from 'zod';
import { ownOrigin } from '../http/origin.ts';
import { Problem } from '../http/problem.ts';

/** To what a passkey is bound: the name of the host, and the origin of the page that asks for it. */
type RelyingParty = { readonly id: string; readonly origin: string };

/** Null at an address that is a number: browsers make no passkeys there. */
export const relyingParty = (request: Request, publicUrl: string): RelyingParty | null => {
  const origin = ownOrigin(request, publicUrl);
  const { hostname } = new URL(origin);
  return /^[\d.]+$|^\[/.test(hostname) ? null : { id: hostname, origin };
};

/** @throws Problem `invalid` */
export const mustHaveRelyingParty = (request: Request, publicUrl: string): RelyingParty => {
  const party = relyingParty(request, publicUrl);
  if (!party) throw new Problem('invalid', 'Passkeys are bound to a name: open this server at one, such as localhost.');
  return party;
};

type Descriptor = Pick<PasskeyRow, 'credential_id' | 'transports'>;
const descriptors = (keys: readonly Descriptor[]) =>
  // What a browser said about its own key, handed back to a browser.
  keys.map(({ credential_id: id, transports }) => ({ id, transports: transports as never[] }));

/** @param only ask for one of these; else for any that the browser knows for this host */
export const askForPasskey = (party: RelyingParty, only: readonly Descriptor[] = []) =>
  generateAuthenticationOptions({
    rpID: party.id,
    userVerification: 'required',
    ...(only.length > 0 ? { allowCredentials: descriptors(only) } : {}),
  });

export const askForNewPasskey = (
  party: RelyingParty,
  person: { readonly id: string; readonly name: string; readonly email: string },
  have: readonly Descriptor[],
) =>
  generateRegistrationOptions({
    rpName: 'Countersign',
    rpID: party.id,
    userID: new TextEncoder().encode(person.id),
    userName: person.email,
    userDisplayName: person.name,
    attestationType: 'none',
    excludeCredentials: descriptors(have),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });

type Answer = z.output<typeof accountShapes.PasskeyAnswer>;
type NewCredential = z.output<typeof accountShapes.NewPasskeyCredential>;

/** Null and undefined members, which JSON may hold, are none at all to the library. */
const without = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null && member !== undefined)) as T;

/** @returns the counter to keep, or null if the answer is not this key's, to this challenge, at this origin, by a verified person */
export const checkAnswer = async (
  party: RelyingParty,
  key: PasskeyRow,
  challenge: string,
  answer: Answer,
): Promise<number | null> => {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...without(answer), response: without(answer.response) } as never, // the same shape, read by our schema
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: { id: key.credential_id, publicKey: new Uint8Array(key.public_key), counter: key.counter },
    });
    return verified ? authenticationInfo.newCounter : null;
  } catch {
    // Whatever is wrong with an answer, it is no proof.
    return null;
  }
};

/** @returns what to keep of a new passkey, or null */
export const checkNewPasskey = async (
  party: RelyingParty,
  challenge: string,
  answer: NewCredential,
): Promise<Pick<PasskeyRow, 'credential_id' | 'public_key' | 'counter' | 'transports'> | null> => {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...without(answer), response: without(answer.response) } as never, // as above
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
    });
    if (!verified) return null;
    const { credential } = registrationInfo;
    return {
      credential_id: credential.id,
      public_key: Buffer.from(credential.publicKey),
      counter: credential.counter,
      transports: answer.response.transports ?? [],
    };
  } catch {
    return null;
  }
};
