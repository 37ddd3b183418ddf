/** What this tab remembers while it is away at a provider of single sign-on. */
const KEY = 'countersign.sso';

type Away = { readonly back: string; readonly purpose: 'sign-in' | 'connect' };

export const rememberReturn = (away: Away): void => sessionStorage.setItem(KEY, JSON.stringify(away));

/** Once; only a path of this site. */
export const takeReturn = (): Away => {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const kept = (text === null ? {} : JSON.parse(text)) as Partial<Away>;
  const back = typeof kept.back === 'string' && /^\/(?![/\\])/.test(kept.back) ? kept.back : '/inbox';
  return { back, purpose: kept.purpose === 'connect' ? 'connect' : 'sign-in' };
};
