/** Our cookies. `__Host-` where the address is https; plain on http loopback, where browsers refuse that prefix. */

const SESSION = 'countersign_session';
const ATTEMPT = 'countersign_attempt';

const isSecure = (publicUrl: string): boolean => publicUrl.startsWith('https:');
const nameFor = (name: string, publicUrl: string): string => (isSecure(publicUrl) ? `__Host-${name}` : name);

const read = (request: Request, name: string, publicUrl: string): string | undefined => {
  for (const part of (request.headers.get('cookie') ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === nameFor(name, publicUrl) && value) return value;
  }
  return undefined;
};

const write = (name: string, publicUrl: string, value: string | null, ageSeconds: number): string =>
  `${nameFor(name, publicUrl)}=${value ?? ''}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${value === null ? 0 : ageSeconds}${
    isSecure(publicUrl) ? '; Secure' : ''
  }`;

export const sessionToken = (request: Request, publicUrl: string): string | undefined =>
  read(request, SESSION, publicUrl);
/** @param token null: remove it */
export const sessionCookie = (publicUrl: string, token: string | null, ageSeconds: number): string =>
  write(SESSION, publicUrl, token, ageSeconds);

/** What `attempts.ts` keeps in the browser while a sign-in is under way. */
export const attemptToken = (request: Request, publicUrl: string): string | undefined =>
  read(request, ATTEMPT, publicUrl);
export const attemptCookie = (publicUrl: string, sealed: string, ageSeconds: number): string =>
  write(ATTEMPT, publicUrl, sealed, ageSeconds);
