/** The session cookie. `__Host-` where the address is https; plain on http loopback, where browsers refuse that prefix. */

const SECURE_NAME = '__Host-countersign_session';
const LOOPBACK_NAME = 'countersign_session';

const isSecure = (publicUrl: string): boolean => publicUrl.startsWith('https:');
const nameFor = (publicUrl: string): string => (isSecure(publicUrl) ? SECURE_NAME : LOOPBACK_NAME);

export const sessionToken = (request: Request, publicUrl: string): string | undefined => {
  const name = nameFor(publicUrl);
  for (const part of (request.headers.get('cookie') ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value) return value;
  }
  return undefined;
};

/** @param token null: remove it */
export const sessionCookie = (publicUrl: string, token: string | null, ageSeconds: number): string =>
  `${nameFor(publicUrl)}=${token ?? ''}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${token === null ? 0 : ageSeconds}${
    isSecure(publicUrl) ? '; Secure' : ''
  }`;
