/** One-time codes of an authenticator app (RFC 6238), and the recovery codes for the day it is lost. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { base32 } from '@better-auth/utils/base32';
import { createOTP } from '@better-auth/utils/otp';
import type { SecretBox } from '@countersign/engine';
import { type Scope, beginTotp, getTotp, takeRecoveryCode, takeTotpStep } from '@countersign/store';
import { generateRandomString } from 'better-auth/crypto';
import { hashSecret } from './keys.ts';

const STEP_MS = 30_000;
/** One step to either side, for clocks that differ. */
const WINDOW = [0, -1, 1] as const;
const SECRET_LENGTH = 32;
const RECOVERY_CODES = 10;
/** 80 bits: nobody tries those out, so that a plain hash will do. */
const RECOVERY_BYTES = 10;
const ISSUER = 'Countersign';

type Client = Pick<Scope, 'client'>;
const contextOf = (personId: string): string => `totp/${personId}`;

/** @returns the secret for the app, or null if one is enrolled already */
export const startTotpFor = async (
  scope: Client,
  secrets: SecretBox,
  person: { readonly id: string; readonly email: string },
): Promise<{ secret: string; uri: string } | null> => {
  const secret = generateRandomString(SECRET_LENGTH);
  if ((await beginTotp(scope, person.id, secrets.seal(secret, contextOf(person.id)))) === 0) return null;
  return { secret: base32.encode(secret, { padding: false }), uri: createOTP(secret).url(ISSUER, person.email) };
};

/** Which time step has this code, of the present one and its neighbours. */
const stepOf = async (secret: string, code: string, now: Date): Promise<number | null> => {
  const present = Math.floor(now.getTime() / STEP_MS);
  let found: number | null = null;
  for (const offset of WINDOW) {
    const expected = Buffer.from(await createOTP(secret).hotp(present + offset));
    const given = Buffer.from(code);
    if (expected.length === given.length && timingSafeEqual(expected, given)) found ??= present + offset;
  }
  return found;
};

/** Takes a code of the app. A code works once, and none before it works any more. */
export const takeTotp = async (
  scope: Client,
  secrets: SecretBox,
  personId: string,
  code: string,
  which: 'enrolled' | 'begun',
): Promise<boolean> => {
  const row = await getTotp(scope, personId);
  if (!row || (row.confirmed_at === null) !== (which === 'begun')) return false;
  const step = await stepOf(secrets.open(row.secret, contextOf(personId)), code, row.now);
  return step !== null && (await takeTotpStep(scope, personId, step)) === 1;
};

const hashOfCode = (code: string): Buffer => hashSecret(code.replaceAll('-', '').toUpperCase());

/** Ten codes to print, and what is kept of them. */
export const makeRecoveryCodes = (): { codes: string[]; hashes: Buffer[] } => {
  const codes = Array.from({ length: RECOVERY_CODES }, () =>
    (base32.encode(randomBytes(RECOVERY_BYTES), { padding: false }).match(/.{4}/g) ?? []).join('-'),
  );
  return { codes, hashes: codes.map(hashOfCode) };
};

/** Whichever it is: six digits of the app, or a recovery code. */
export const takeCode = async (
  scope: Client,
  secrets: SecretBox,
  personId: string,
  text: string,
): Promise<'totp' | 'recovery_code' | null> => {
  const code = text.replaceAll(/\s/g, '');
  if (/^\d{6}$/.test(code)) return (await takeTotp(scope, secrets, personId, code, 'enrolled')) ? 'totp' : null;
  return (await takeRecoveryCode(scope, personId, hashOfCode(code))) === 1 ? 'recovery_code' : null;
};
