/** A made-up secret of every format, put together here so that no file holds one. Nothing opens with them. */

const HEX = '0123456789abcdef';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const ALNUM = 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789';
const LETTERS = 'aBcDeFgHiJkLmNoPqRsTuVwXyZ';

/** Letters of an alphabet in an order that repeats late. */
const some = (alphabet: string, length: number, seed = 7): string =>
  Array.from({ length }, (_, index) => alphabet[(index * 11 + seed + Math.floor(index / 3)) % alphabet.length]).join(
    '',
  );
const hex = (length: number): string => some(HEX, length);
const alnum = (length: number): string => some(ALNUM, length);
const digits = (length: number): string => some('123456789', length, 3);
const uuid = (): string => `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`;
const pem = (kind: string): string => {
  const dashes = '-'.repeat(5);
  return `${dashes}BEGIN ${kind}${dashes}\n${alnum(64)}\n${alnum(64)}\n${dashes}END ${kind}${dashes}`;
};

/** The format's name, the secret itself, and a text in which it stands. */
export type SecretSample = { readonly name: string; readonly secret: string; readonly text: string };

const plain = (name: string, secret: string): SecretSample => ({ name, secret, text: `use ${secret} for that` });
const within = (name: string, secret: string, text: (secret: string) => string): SecretSample => ({
  name,
  secret,
  text: text(secret),
});

export const SECRET_SAMPLES: readonly SecretSample[] = [
  plain('private key', pem('PRIVATE KEY')),
  plain('private key', pem('RSA PRIVATE KEY')),
  plain('private key', pem('OPENSSH PRIVATE KEY')),
  plain('private key', pem('PGP PRIVATE KEY BLOCK')),
  plain(
    'PuTTY private key',
    `PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n${alnum(48)}\nPrivate-MAC: ${hex(64)}`,
  ),
  plain('age secret key', `AGE-SECRET-KEY-1${some(UPPER, 58)}`),
  within(
    'WireGuard private key',
    `${alnum(43)}=`,
    (secret) => `[Interface]\nPrivateKey = ${secret}\nAddress = 10.0.0.2/32`,
  ),
  plain('AWS access key', `AKIA${some(UPPER, 16)}`),
  plain('AWS access key', `ASIA${some(UPPER, 16)}`),
  within('AWS secret key', alnum(40), (secret) => `aws_secret_access_key = ${secret}`),
  plain('AWS session token', `IQoJb3JpZ2lu${alnum(120)}`),
  plain('AWS Bedrock key', `ABSK${alnum(128)}`),
  plain('Google API key', `AIza${alnum(35)}`),
  plain('Google OAuth secret', `GOCSPX-${alnum(28)}`),
  plain('Google OAuth token', `ya29.${alnum(60)}`),
  within(
    'Azure storage key',
    `${alnum(86)}==`,
    (secret) => `DefaultEndpointsProtocol=https;AccountName=x;AccountKey=${secret};`,
  ),
  within('Azure shared access key', `${alnum(43)}=`, (secret) => `Endpoint=sb://x/;SharedAccessKey=${secret}`),
  within(
    'Azure SAS signature',
    `${alnum(43)}%3D`,
    (secret) => `https://x.blob.core.windows.net/c?sv=2024&sig=${secret}`,
  ),
  plain('Azure client secret', `aB38Q~${alnum(34)}`),
  plain('DigitalOcean token', `dop_v1_${hex(64)}`),
  plain('Cloudflare origin CA key', `v1.0-${hex(24)}-${hex(146)}`),
  plain('Alibaba access key', `LTAI${alnum(20)}`),
  plain('Tencent secret id', `AKID${alnum(32)}`),
  plain('Fly.io token', `fm2_${alnum(80)}`),
  plain('Heroku API key', `HRKU-${uuid()}`),
  plain('HashiCorp Vault token', `hvs.${alnum(90)}`),
  plain('Terraform Cloud token', `${alnum(14)}.atlasv1.${alnum(67)}`),
  plain('Doppler token', `dp.pt.${alnum(43)}`),
  plain('1Password token', `ops_eyJ${alnum(250)}`),
  plain('Pulumi token', `pul-${hex(40)}`),
  plain('GitHub token', `ghp_${alnum(36)}`),
  plain('GitHub token', `ghs_${alnum(36)}`),
  plain('GitHub fine-grained token', `github_pat_${alnum(22)}_${alnum(59)}`),
  plain('GitLab token', `glpat-${alnum(20)}`),
  plain('Bitbucket token', `ATBB${alnum(32)}`),
  plain('Atlassian token', `ATATT3${alnum(186)}`),
  plain('npm token', `npm_${alnum(36)}`),
  plain('PyPI token', `pypi-AgE${alnum(160)}`),
  plain('RubyGems key', `rubygems_${hex(48)}`),
  plain('Docker Hub token', `dckr_pat_${alnum(27)}`),
  plain('Postman key', `PMAK-${hex(24)}-${hex(34)}`),
  plain('Anthropic key', `sk-ant-api03-${alnum(95)}`),
  plain('OpenAI key', `sk-proj-${alnum(120)}`),
  plain('OpenAI key', `sk-${alnum(20)}T3BlbkFJ${alnum(20)}`),
  plain('OpenRouter key', `sk-or-v1-${hex(64)}`),
  plain('Hugging Face token', `hf_${some(LETTERS, 34)}`),
  plain('Replicate token', `r8_${alnum(37)}`),
  plain('Groq key', `gsk_${alnum(52)}`),
  plain('xAI key', `xai-${alnum(80)}`),
  plain('Perplexity key', `pplx-${alnum(48)}`),
  plain('Slack token', `xoxb-${digits(12)}-${digits(12)}-${alnum(24)}`),
  plain('Slack app token', `xapp-1-A${some(UPPER, 10)}-${digits(13)}-${hex(64)}`),
  within(
    'Slack webhook',
    `T${some(UPPER, 8)}/B${some(UPPER, 8)}/${alnum(24)}`,
    (secret) => `https://hooks.slack.com/services/${secret}`,
  ),
  plain('Discord bot token', `MT${alnum(24)}.${alnum(6)}.${alnum(38)}`),
  within('Discord webhook', `${digits(18)}/${alnum(68)}`, (secret) => `https://discord.com/api/webhooks/${secret}`),
  plain('Telegram bot token', `${digits(10)}:AA${alnum(33)}`),
  within(
    'Teams webhook',
    `${uuid()}@${uuid()}/IncomingWebhook/${hex(32)}`,
    (secret) => `https://acme.webhook.office.com/webhookb2/${secret}`,
  ),
  plain('Twilio key', `SK${hex(32)}`),
  plain('SendGrid key', `SG.${alnum(22)}.${alnum(43)}`),
  plain('Mailgun key', `key-${hex(32)}`),
  plain('Mailchimp key', `${hex(32)}-us12`),
  plain('Brevo key', `xkeysib-${hex(64)}-${alnum(16)}`),
  plain('Stripe key', `sk_live_${alnum(24)}`),
  plain('Stripe key', `rk_test_${alnum(99)}`),
  plain('Stripe webhook secret', `whsec_${alnum(32)}`),
  plain('Square token', `EAAA${alnum(60)}`),
  plain('Shopify token', `shpat_${hex(32)}`),
  plain('Braintree token', `access_token$production$${hex(16)}$${hex(32)}`),
  plain('Plaid token', `access-production-${uuid()}`),
  plain('card number', ['4242', '4242', '4242', '4242'].join(' ')),
  plain('card number', ['3782', '822463', '10005'].join('')),
  plain('card number', ['5555', '5555', '5555', '4444'].join('-')),
  plain('IBAN', ['DE89', '3704', '0044', '0532', '0130', '00'].join(' ')),
  plain('IBAN', ['GB82', 'WEST', '1234', '5698', '7654', '32'].join('')),
  plain('New Relic key', `NRAK-${some(UPPER, 27)}`),
  plain('Grafana token', `glsa_${alnum(32)}_${hex(8)}`),
  plain('Sentry token', `sntrys_${alnum(120)}`),
  plain('Linear key', `lin_api_${alnum(40)}`),
  plain('Notion token', `ntn_${alnum(46)}`),
  plain('Airtable token', `pat${alnum(14)}.${hex(64)}`),
  plain('Figma token', `figd_${alnum(40)}`),
  plain('HubSpot token', `pat-na1-${uuid()}`),
  plain('Databricks token', `dapi${hex(32)}`),
  plain('PlanetScale credential', `pscale_pw_${alnum(43)}`),
  plain('Supabase key', `sb_secret_${alnum(31)}`),
  plain('Countersign key', `csk_agt_${alnum(49)}`),
  plain('JSON Web Token', ['eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', alnum(43)].join('.')),
  within('password in an address', alnum(16), (secret) => `postgresql://app:${secret}@db.example:5432/shop`),
  within('Authorization header', alnum(32), (secret) => `Authorization: Bearer ${secret}`),
  within('connection string password', alnum(14), (secret) => `Server=db;User Id=sa;Password=${secret};Encrypt=true`),
];

/** Found in `strict` alone. */
export const LIKELY_SAMPLES: readonly SecretSample[] = [
  within('named secret', alnum(14), (secret) => `the password is ${secret} and`),
  within('named secret', alnum(20), (secret) => `{"client_secret": "${secret}"}`),
  within('bearer token', alnum(30), (secret) => `send Bearer ${secret}`),
  plain('US social security number', ['123', '45', '6789'].join('-')),
];
