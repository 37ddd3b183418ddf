/** Signing in, and what a person signs in with. */
import { z } from 'zod';
import { id, instant, jsonObject, phoneNumber, seen } from './common.ts';

/** Longer ones cost time to check and add nothing. */
const PASSWORD_LENGTH_MAX = 200;
export const PASSWORD_LENGTH_MIN = 12;

const base64url = z.string().regex(/^[A-Za-z0-9_-]{1,8192}$/);
const typedPassword = z.string().min(1).max(PASSWORD_LENGTH_MAX);
export const authenticatorCode = z
  .string()
  .min(6)
  .max(40)
  .describe('six digits of an authenticator app, or a recovery code, with or without its hyphens');

/** As `PublicKeyCredential.toJSON()` writes it (WebAuthn level 3); members that are not needed are left aside. */
const credential = {
  id: base64url,
  rawId: base64url,
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).nullish(),
  clientExtensionResults: jsonObject.default({}),
};
export const NewPasskeyCredential = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.array(z.string().max(30)).max(10).optional(),
  }),
});
export const PasskeyAnswer = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: z.string().max(200).nullish(),
  }),
});

export const ChannelIdentityList = z.object({
  data: z.array(
    z.object({
      id: id('channelIdentity'),
      kind: z.string().describe('of channel'),
      name: z.string().describe('what one was called there'),
      user: z.string().describe('the provider’s own id'),
      team: z.string(),
      how: z.enum(['email', 'code']),
      linked_at: instant,
      last_used_at: instant.nullable(),
    }),
  ),
});
export const StartPhone = z.strictObject({
  number: phoneNumber.describe('with the country’s code, such as +4915112345678'),
});
export const StartedPhone = z.object({
  sent_by: z.enum(['sms', 'voice']),
  expires_at: instant,
});
export const VerifyPhone = z.strictObject({ code: z.string().regex(/^[0-9]{6}$/, 'must be the six digits') });

export const LinkCode = z.object({ code: z.string(), expires_at: instant });

export const SignInProvider = z.object({ id: z.string(), name: z.string() });
export const SignInWays = z.object({
  providers: z.array(SignInProvider).describe('of single sign-on'),
  mail: z.boolean().describe('whether a link can be mailed to whoever forgot their password'),
  passkeys: z.boolean().describe('false at an address that is a number: passkeys are bound to a name'),
});

export const PasswordSignIn = z.strictObject({
  email: z.string().min(1).max(200),
  password: typedPassword,
  code: authenticatorCode.optional().describe('needed once an authenticator app is enrolled'),
});
export const MailSignInLink = z.strictObject({ email: z.string().min(1).max(200) });
export const PasskeySignIn = z.strictObject({ credential: PasskeyAnswer });
export const PasskeyOptions = z.object({
  options: jsonObject.describe(
    'for `PublicKeyCredential.parseRequestOptionsFromJSON` or `parseCreationOptionsFromJSON`',
  ),
});
export const StartSso = z.strictObject({ provider: z.string().min(1).max(50) });
export const SsoRedirect = z.object({ url: z.string().describe('where the browser goes on') });
export const FinishSso = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(4000)
    .describe('what the provider’s redirect to `/sign-in/callback` carried, without the question mark'),
});

export const StepUpOptions = z.object({
  ways: z.array(z.enum(['passkey', 'totp', 'password'])).describe('what this person can prove themselves with'),
  needs_password: z.boolean().describe('whether a code counts only beside the password'),
  options: jsonObject.nullable().describe('for a passkey, as when signing in'),
});
export const StepUp = z.strictObject({
  password: typedPassword.optional(),
  code: authenticatorCode.optional(),
  credential: PasskeyAnswer.optional(),
});

const method = z.enum(['link', 'password', 'passkey', 'oidc']);
export const OwnSession = z.object({
  id: id('session'),
  is_current: z.boolean(),
  method,
  is_two_factor: z.boolean(),
  address: z.string().nullable(),
  user_agent: z.string().nullable(),
  created_at: instant,
  last_seen_at: instant.describe('to the minute'),
  expires_at: instant,
});
export const OwnSessionList = z.object({ data: z.array(OwnSession) });

export const Passkey = z.object({
  id: id('passkey'),
  name: z.string(),
  created_at: instant,
  last_used_at: instant.nullable(),
});
export const Account = z.object({
  person: z.object({ id: id('person'), name: z.string(), email: z.string() }),
  password_changed_at: instant.nullable(),
  totp_enrolled_at: instant.nullable(),
  recovery_codes: z.number().int().describe('how many are left'),
  passkeys: z.array(Passkey),
  identities: z.array(
    z.object({ provider: z.string(), name: z.string(), linked_at: instant, last_used_at: instant.nullable() }),
  ),
});
export const UpdateAccount = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine(...seen),
});
export const PutPassword = z.strictObject({
  password: z.string().max(PASSWORD_LENGTH_MAX).describe(`at least ${PASSWORD_LENGTH_MIN} characters, hard to guess`),
});
const passkeyName = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .refine(...seen);
export const AddPasskey = z.strictObject({ name: passkeyName, credential: NewPasskeyCredential });
export const RenamePasskey = z.strictObject({ name: passkeyName });
export const TotpSecret = z.object({
  secret: z.string().describe('base 32, for typing in'),
  uri: z.string().describe('`otpauth://`, for a QR code'),
});
export const ConfirmTotp = z.strictObject({ code: authenticatorCode });
export const RecoveryCodes = z.object({
  recovery_codes: z.array(z.string()).describe('each works once; shown this once'),
});
export const MemberSignInLink = z.object({
  url: z.string().describe('works once, within a day'),
  expires_at: instant,
  mailed: z.boolean().describe('whether it goes by mail as well'),
});
