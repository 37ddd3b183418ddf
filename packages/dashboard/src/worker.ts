/** The service worker (public/sw.js): notifications, and a page for when there is no network. */

type Policies = {
  readonly createPolicy: (
    name: string,
    rules: { readonly createScriptURL: (url: string) => string },
  ) => { readonly createScriptURL: (url: string) => string };
};

const ADDRESS = '/sw.js';

/** The one address that a worker may come from (the pages' policy of content demands such a type). */
const trusted = (): string => {
  const { trustedTypes: types } = globalThis as { readonly trustedTypes?: Policies };
  return (
    types?.createPolicy('countersign-worker', { createScriptURL: () => ADDRESS }).createScriptURL(ADDRESS) ?? ADDRESS
  );
};

/** Only over https, or on the machine itself; without it all else works. */
export const startWorker = (): void => {
  if (!('serviceWorker' in navigator)) return;
  addEventListener('load', () => {
    navigator.serviceWorker.register(trusted()).catch(() => undefined); // a browser that wants none
  });
};
