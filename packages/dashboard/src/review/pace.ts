/** How many decisions somebody makes in a short time: after many, the eye gets used to saying yes. Pure. */

const WINDOW_MS = 20 * 60_000;
const MANY = 40;

/** The moments that still count, with this one. */
export const withDecision = (moments: readonly number[], now: number): readonly number[] => [
  ...moments.filter((moment) => now - moment < WINDOW_MS),
  now,
];

/** A line about it, which stops nobody; null while there is nothing to say. */
export const paceWords = (moments: readonly number[]): string | null =>
  moments.length < MANY
    ? null
    : `${moments.length} decisions in 20 minutes. A break, or handing some of it over, keeps the eye sharp.`;
