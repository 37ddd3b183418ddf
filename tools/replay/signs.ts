/** Lets many wait for a sign about an id; whoever starts to wait after it waits for the next. */
export type Signs = { readonly next: (id: string) => Promise<void>; readonly give: (id: string) => void };

export const openSigns = (): Signs => {
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  return {
    next: (id) => {
      const sign = waiting.get(id) ?? Promise.withResolvers<void>();
      waiting.set(id, sign);
      return sign.promise;
    },
    give: (id) => {
      waiting.get(id)?.resolve();
      waiting.delete(id);
    },
  };
};
