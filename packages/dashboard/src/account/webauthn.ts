/** Passkeys as browsers offer them. */
import type { RouteInput, Routes } from '@countersign/contract';

type Answer = RouteInput<Routes['signInWithPasskey']>['body']['credential'];
type NewCredential = RouteInput<Routes['addPasskey']>['body']['credential'];
type Options = Readonly<Record<string, unknown>>;

export const canUsePasskeys = (): boolean =>
  typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;

const refuse = (error: unknown): never => {
  if (error instanceof DOMException && error.name === 'InvalidStateError')
    throw new Error('This device has a passkey for you already.', { cause: error });
  if (error instanceof DOMException) throw new Error('No passkey was used.', { cause: error });
  throw error;
};

/** What the browser made of our options is a public key's credential, and the server checks all of it. */
const jsonOf = (credential: Credential | null): unknown => (credential as PublicKeyCredential).toJSON();

/** @throws Error in words, where the person or the browser did not want to */
export const askForPasskey = async (options: Options): Promise<Answer> => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as never); // the server's own options
  const credential = await navigator.credentials.get({ publicKey }).catch(refuse);
  return jsonOf(credential) as Answer;
};

/** @throws Error, as above */
export const makePasskey = async (options: Options): Promise<NewCredential> => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as never); // as above
  const credential = await navigator.credentials.create({ publicKey }).catch(refuse);
  return jsonOf(credential) as NewCredential;
};
