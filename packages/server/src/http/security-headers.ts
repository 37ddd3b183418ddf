/** What every answer carries, beside what it says itself (trust.md, 5). */

/** Of our pages, and of the workers that they start. Nothing from elsewhere, no inline script, no frame around us: what a payload could smuggle in does not run. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";

/** An answer of the API is data: opened as a page it loads and runs nothing. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-robots-tag': 'noindex',
};

const YEAR_SECONDS = 31_536_000;

/** Puts them where an answer has none of its own. @param publicUrl decides whether browsers are held to https */
export const securityHeaders = (publicUrl: string): ((response: Response) => void) => {
  const common = Object.entries({
    ...ALWAYS,
    ...(publicUrl.startsWith('https:') ? { 'strict-transport-security': `max-age=${YEAR_SECONDS}` } : {}),
  });
  return ({ headers }) => {
    for (const [name, value] of common) if (!headers.has(name)) headers.set(name, value);
    if (!headers.has('content-security-policy')) {
      const isOurs = /^text\/(html|javascript)/.test(headers.get('content-type') ?? '');
      headers.set('content-security-policy', isOurs ? PAGE_POLICY : DATA_POLICY);
    }
  };
};
