/** How sure it is that a decision's author is who the record says (trust.md, 3.1), and what a rule may demand of it. */

export const ASSURANCES = ['signed', 'step_up', 'session', 'channel', 'key', 'automated'] as const;
export type Assurance = (typeof ASSURANCES)[number];

/** What a policy can demand of an approval. */
export const DEMANDABLE = ['session', 'step_up', 'signed'] as const;
export type DemandedAssurance = (typeof DEMANDABLE)[number];

/** A channel and a key are our word for somebody who was not here; a session is one for somebody who was. */
const RANK: Readonly<Record<Assurance, number>> = {
  automated: 0,
  key: 1,
  channel: 1,
  session: 2,
  step_up: 3,
  signed: 4,
};

export const isSureEnough = (given: Assurance, demanded: Assurance | null | undefined): boolean =>
  !demanded || RANK[given] >= RANK[demanded];

/** The stricter of what is demanded; null: nothing is. */
export const stricterAssurance = (
  ...demands: readonly (DemandedAssurance | null | undefined)[]
): DemandedAssurance | null =>
  demands.reduce<DemandedAssurance | null>(
    (most, demand) => (demand && (!most || RANK[demand] > RANK[most]) ? demand : most),
    null,
  );
