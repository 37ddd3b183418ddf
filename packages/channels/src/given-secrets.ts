import type { At } from './channel.ts';

/** The secrets of a kind that has several, which the other side gave: kept together as JSON. Newest first, as they come. */
export const givenSecrets = <T>({ secrets }: Pick<At, 'secrets'>): readonly Partial<T>[] =>
  secrets.map((text) => JSON.parse(text) as Partial<T>);
