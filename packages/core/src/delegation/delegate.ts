/** Out-of-office: who stands in for whom, for a time. Never in a circle, and never for somebody's own request. */

export type Delegation = {
  readonly from: string;
  readonly to: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
};

const isActive = (delegation: Delegation, atMs: number): boolean =>
  delegation.startsAtMs <= atMs && atMs < delegation.endsAtMs;

/**
 * For whom a person may vote at this moment beside themselves. A delegate of somebody who is away too passes it on, so
 * chains are followed; a circle ends where it began and gives nobody a vote they did not have.
 */
export const standsInFor = (delegations: readonly Delegation[], personId: string, atMs: number): string[] => {
  const active = delegations.filter((delegation) => isActive(delegation, atMs));
  const found = new Set<string>();
  const visit = (id: string): void => {
    for (const { from, to } of active)
      if (to === id && from !== personId && !found.has(from)) {
        found.add(from);
        visit(from);
      }
  };
  visit(personId);
  return [...found];
};

/** Who may vote for a person at this moment beside them: the other direction of `standsInFor`. */
export const standInsOf = (delegations: readonly Delegation[], personId: string, atMs: number): string[] =>
  standsInFor(
    delegations.map(({ from, to, ...time }) => ({ ...time, from: to, to: from })),
    personId,
    atMs,
  );

/** Whether adding a delegation would close a circle at any moment of its time. */
export const closesCircle = (existing: readonly Delegation[], added: Delegation): boolean => {
  const overlapping = existing.filter(
    ({ startsAtMs, endsAtMs }) => startsAtMs < added.endsAtMs && added.startsAtMs < endsAtMs,
  );
  const seen = new Set<string>();
  const reaches = (id: string): boolean => {
    if (id === added.from) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    return overlapping.some(({ from, to }) => from === id && reaches(to));
  };
  return reaches(added.to);
};
