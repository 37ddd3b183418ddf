/** What tokens cost, by the price that the agent's version names. */
import type { WireAgentConfig } from '@countersign/contract';

export type Price = NonNullable<WireAgentConfig['price']>;
export type Cost = { readonly amount: number; readonly currency: string };

/** The price in an agent version's configuration. */
export const priceOf = (version: { readonly config: unknown } | undefined): Price | null =>
  (version?.config as WireAgentConfig | undefined)?.price ?? null;

/** A millionth of the currency's unit is exact enough for one token of any model. */
const PLACES = 1e6;

const rounded = (amount: number): number => Math.round(amount * PLACES) / PLACES;

export const costOf = (price: Price, inputTokens: number, outputTokens: number): Cost => ({
  amount: rounded((inputTokens * price.input_per_million + outputTokens * price.output_per_million) / 1e6),
  currency: price.currency,
});

/** Null where a part has no price or another currency: a sum that leaves something out is no sum. */
export const sumOf = (parts: readonly (Cost | null)[]): Cost | null => {
  const [first] = parts;
  if (!first || parts.some((part) => part?.currency !== first.currency)) return null;
  return { amount: rounded(parts.reduce((sum, part) => sum + (part?.amount ?? 0), 0)), currency: first.currency };
};
