/** What thinnest calls things by: whole numbers, and for agents three kinds of names. */
import { idPattern } from '@countersign/core';
import { type Scope, compatIds, findAgents, idOfCompatNumber } from '@countersign/store';
import { notFound } from '../../http/problem.ts';

export const DIALECT = 'thinnest';
const NUMBER = /^\d{1,15}$/;

/** The number under which each of these is shown; it gets one now if it has none. In a writing transaction. */
export const numbersOf = async (scope: Scope, ids: readonly string[]): Promise<(id: string) => number | null> => {
  const known = await compatIds(scope, DIALECT, ids);
  return (id) => known.get(id)?.number ?? null;
};

/** Our id for what stands in a path: the number that was shown, or our own id, as webhooks name it. @throws Problem `not_found` */
export const approvalIdOf = async (scope: Scope, shown: string): Promise<string> => {
  if (idPattern('approval').test(shown)) return shown;
  const id = NUMBER.test(shown) ? await idOfCompatNumber(scope, DIALECT, Number(shown)) : undefined;
  if (id === undefined || !idPattern('approval').test(id)) throw notFound('approval');
  return id;
};

/**
 * Our ids of the agents that a name can mean: a number that was shown, our own id, or the name of an agent, with `agent_` or
 * `ag_` before it or without.
 */
export const agentIdsOf = async (scope: Scope, shown: string): Promise<string[]> => {
  const bare = shown.replace(/^(agent|ag)_/, '');
  const byNumber = NUMBER.test(bare) ? await idOfCompatNumber(scope, DIALECT, Number(bare)) : undefined;
  const named = await findAgents(scope, [shown, bare]);
  const ids = [byNumber, idPattern('agent').test(shown) ? shown : undefined, ...named.map(({ id }) => id)];
  return [...new Set(ids.filter((id) => id !== undefined && idPattern('agent').test(id)))] as string[];
};
