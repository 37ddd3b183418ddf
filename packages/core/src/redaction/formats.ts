/**
 * Credentials and numbers that are recognised by their form alone. Each pattern is linear (no nested repetition) and
 * finds the secret itself: where it has a group, that is the secret, and what stands around it stays readable.
 */
import { isCardNumber, isIban, isJwt } from './checks.ts';

export type SecretFormat = {
  /** As a reviewer reads it: "redacted (AWS access key, 20 characters)". */
  readonly name: string;
  readonly pattern: RegExp;
  /** What a pattern cannot say: a checksum, a decoded header. */
  readonly check?: (text: string) => boolean;
};

const format = (name: string, pattern: RegExp, check?: (text: string) => boolean): SecretFormat =>
  check === undefined ? { name, pattern } : { name, pattern, check };

/** A prefix that nobody else uses, or a checksum: hardly ever wrong. */
export const CERTAIN_FORMATS: readonly SecretFormat[] = [
  // Keys and certificates
  format(
    'private key',
    /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]{0,20000}(?:-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----)?/g,
  ),
  format('PuTTY private key', /PuTTY-User-Key-File-[23]: [^\0]{20,20000}?Private-MAC: [0-9a-f]{40,64}/g),
  format('age secret key', /\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b/g),
  format('WireGuard private key', /\bPrivateKey\s{0,3}=\s{0,3}([A-Za-z0-9+/]{43}=)/g),
  // Clouds
  format('AWS access key', /\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b/g),
  format(
    'AWS secret key',
    /\baws[_.-]?secret[_.-]?(?:access[_.-]?)?key["']?\s{0,3}[:=]\s{0,3}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])/gi,
  ),
  format('AWS session token', /\b(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[A-Za-z0-9+/=]{60,2000}/g),
  format('AWS Bedrock key', /\bABSK[A-Za-z0-9+/]{100,300}={0,2}/g),
  format('Google API key', /\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])/g),
  format('Google OAuth secret', /\bGOCSPX-[A-Za-z0-9_-]{28}(?![0-9A-Za-z_-])/g),
  format('Google OAuth token', /\bya29\.[0-9A-Za-z_-]{20,500}/g),
  format('Azure storage key', /\bAccountKey=([A-Za-z0-9+/]{86}==)/g),
  format('Azure shared access key', /\bSharedAccessKey=([A-Za-z0-9+/]{43}=)/g),
  format('Azure SAS signature', /[?&]sig=([A-Za-z0-9%+/]{43,60}(?:%3D|=))/g),
  format('Azure client secret', /\b[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])/g),
  format('DigitalOcean token', /\bdo[opr]_v1_[a-f0-9]{64}\b/g),
  format('Cloudflare origin CA key', /\bv1\.0-[a-f0-9]{24}-[a-f0-9]{146}\b/g),
  format('Alibaba access key', /\bLTAI[A-Za-z0-9]{12,20}\b/g),
  format('Tencent secret id', /\bAKID[A-Za-z0-9]{32}\b/g),
  format('Fly.io token', /\bfm[12][ar]?_[A-Za-z0-9+/=_,-]{60,2000}/g),
  format('Heroku API key', /\bHRKU-[0-9A-Za-z_-]{36,64}/g),
  format('HashiCorp Vault token', /\bhv[sbr]\.[A-Za-z0-9_-]{24,300}/g),
  format('Terraform Cloud token', /\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}/g),
  format('Doppler token', /\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{40,60}/g),
  format('1Password token', /\bops_eyJ[A-Za-z0-9+/=_-]{200,2000}/g),
  format('Pulumi token', /\bpul-[a-f0-9]{40}\b/g),
  // Code and packages
  format('GitHub token', /\bgh[pousr]_[A-Za-z0-9]{36,255}\b/g),
  format('GitHub fine-grained token', /\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b/g),
  format('GitLab token', /\bgl(?:pat|ptt|oas|dt|rt|soat|cbt|ffct|imt|agent)-[A-Za-z0-9_-]{20,64}/g),
  format('Bitbucket token', /\bATBB[A-Za-z0-9]{32}\b/g),
  format('Atlassian token', /\bATATT3[A-Za-z0-9_\-=]{180,400}/g),
  format('npm token', /\bnpm_[A-Za-z0-9]{36}\b/g),
  format('PyPI token', /\bpypi-AgE[A-Za-z0-9_-]{50,1000}/g),
  format('RubyGems key', /\brubygems_[a-f0-9]{48}\b/g),
  format('Docker Hub token', /\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,40}/g),
  format('Postman key', /\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b/g),
  // Models
  format('Anthropic key', /\bsk-ant-(?:api|admin|oat|sid)\d{2}-[A-Za-z0-9_-]{80,200}/g),
  format(
    'OpenAI key',
    /\bsk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,250}|\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\b/g,
  ),
  format('OpenRouter key', /\bsk-or-v1-[a-f0-9]{64}\b/g),
  format('Hugging Face token', /\bhf_[A-Za-z]{34}\b/g),
  format('Replicate token', /\br8_[A-Za-z0-9]{37}\b/g),
  format('Groq key', /\bgsk_[A-Za-z0-9]{52}\b/g),
  format('xAI key', /\bxai-[A-Za-z0-9]{80}\b/g),
  format('Perplexity key', /\bpplx-[A-Za-z0-9]{48}\b/g),
  // Talk and mail
  format('Slack token', /\bxox[abeoprs]-(?:\d-)?[A-Za-z0-9-]{10,250}/g),
  format('Slack app token', /\bxapp-\d-[A-Z0-9]{8,15}-\d{8,15}-[a-f0-9]{32,80}/g),
  format('Slack webhook', /\bhttps:\/\/hooks\.slack\.com\/(?:services|workflows|triggers)\/([A-Za-z0-9/_]{20,120})/g),
  format('Discord bot token', /\b[MNO][A-Za-z\d_-]{23,27}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,40}(?![A-Za-z\d_-])/g),
  format(
    'Discord webhook',
    /\bhttps:\/\/(?:ptb\.|canary\.)?discord(?:app)?\.com\/api\/webhooks\/(\d{17,20}\/[A-Za-z0-9_-]{60,70})/g,
  ),
  format('Telegram bot token', /\b\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g),
  format('Teams webhook', /\bhttps:\/\/[a-z0-9-]{1,63}\.webhook\.office\.com\/webhookb2\/([A-Za-z0-9@/_-]{60,200})/g),
  format('Twilio key', /\bSK[a-f0-9]{32}\b/g),
  format('SendGrid key', /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g),
  format('Mailgun key', /\bkey-[a-f0-9]{32}\b/g),
  format('Mailchimp key', /\b[a-f0-9]{32}-us\d{1,2}\b/g),
  format('Brevo key', /\bxkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}\b/g),
  // Money
  format('Stripe key', /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,250}\b/g),
  format('Stripe webhook secret', /\bwhsec_[A-Za-z0-9+/]{24,100}={0,2}/g),
  format('Square token', /\b(?:EAAA|sq0(?:atp|csp)-)[A-Za-z0-9_-]{22,100}/g),
  format('Shopify token', /\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b/g),
  format('Braintree token', /\baccess_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}\b/g),
  format(
    'Plaid token',
    /\baccess-(?:sandbox|development|production)-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}\b/g,
  ),
  format('card number', /(?<![\d.-])(?:\d[ -]?){12,18}\d(?![\d-]|\.\d)/g, isCardNumber),
  format('IBAN', /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g, isIban),
  // Operations
  format('New Relic key', /\bNRAK-[A-Z0-9]{27}\b/g),
  format('Grafana token', /\bgl(?:sa|c)_[A-Za-z0-9+/=_]{32,400}/g),
  format('Sentry token', /\bsntr(?:ys|yu)_[A-Za-z0-9+/=_]{40,400}/g),
  format('Linear key', /\blin_(?:api|oauth)_[A-Za-z0-9]{40}\b/g),
  format('Notion token', /\b(?:ntn_[A-Za-z0-9]{46}|secret_[A-Za-z0-9]{43})\b/g),
  format('Airtable token', /\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b/g),
  format('Figma token', /\bfig[du]_[A-Za-z0-9_-]{40,64}/g),
  format('HubSpot token', /\bpat-(?:na|eu|ap)\d-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}\b/g),
  format('Databricks token', /\bdapi[a-f0-9]{32}(?:-\d)?\b/g),
  format('PlanetScale credential', /\bpscale_(?:pw|tkn|oauth)_[A-Za-z0-9_.-]{32,64}/g),
  format('Supabase key', /\bsb(?:p|_secret)_[A-Za-z0-9_-]{31,64}/g),
  format('Countersign key', /\bcsk_[a-z]{2,4}_[A-Za-z0-9]{49}\b/g),
  // General
  format('JSON Web Token', /\beyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{4,20000}\.[A-Za-z0-9_-]{0,2000}/g, isJwt),
  format(
    'password in an address',
    /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'<>]{0,200}:([^\s:/@"'<>]{3,500})@(?=[^\s@"'<>])/gi,
  ),
  format(
    'Authorization header',
    /\bauthorization["']?\s{0,3}[:=]\s{0,3}["']?(?:bearer|basic|token)\s{1,3}([A-Za-z0-9+/_.~=-]{16,4000})/gi,
  ),
  format('connection string password', /(?:^|;)\s{0,3}(?:password|pwd)\s{0,3}=\s{0,3}([^;"'\s]{3,200})(?=;|$)/gim),
];

/** Said by the name beside it: a password in a text or a member that is called so. More often wrong. */
export const LIKELY_FORMATS: readonly SecretFormat[] = [
  format(
    'named secret',
    /\b(?:password|passwd|passphrase|api[_-]?key|secret[_-]?key|client[_-]?secret|access[_-]?token|auth[_-]?token|private[_-]?key)["']?\s{0,3}(?:[:=]|is)\s{0,3}["']?([^\s"',;]{6,300})/gi,
  ),
  format('bearer token', /\bbearer\s{1,3}([A-Za-z0-9+/_.~=-]{20,4000})/gi),
  format('US social security number', /(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])/g),
];

/** A member of this name holds a secret, whatever it looks like. */
export const LIKELY_NAME =
  /^(?:.*[_.-])?(?:password|passwd|pwd|passphrase|secret|api_?key|apikey|secret_?key|client_?secret|access_?token|refresh_?token|auth_?token|id_?token|private_?key|credentials?|authorization|cvv|cvc|pin|ssn)$/i;
