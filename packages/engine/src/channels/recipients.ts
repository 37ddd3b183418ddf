/** Who has to hear of an event, where a channel goes to people one by one. */
import { ASKING, asksSomebody } from '@countersign/channels';
import { standInsOf, unblockers } from '@countersign/core';
import {
  type ApprovalRow,
  type EventRow,
  type Scope,
  approverStandings,
  getSettings,
  listContacts,
  listDelegations,
} from '@countersign/store';
import { loadState } from '../approvals/state.ts';

export const OUTCOMES: ReadonlySet<string> = new Set(['approval.decided', 'approval.expired', 'approval.cancelled']);
/** Changes of the rules, and of where people are told of them (trust.md, T40). */
const FOR_OWNERS: ReadonlySet<string> = new Set([
  'policy.created',
  'policy.promoted',
  'policy.deleted',
  'group.created',
  'group.updated',
  'group.deleted',
  'settings.changed',
  'channel.created',
  'channel.updated',
  'channel.deleted',
  'channel.secret_rotated',
  'channel.disabled',
  'signing_key.rotated',
  'audit.epoch_started',
]);

/** Every event of which a person can be told. */
export const isForPeople = (type: string): boolean => asksSomebody(type) || OUTCOMES.has(type) || FOR_OWNERS.has(type);

const approversOf = async (scope: Scope, row: ApprovalRow): Promise<string[]> => {
  if (row.status !== 'pending') return [];
  const state = await loadState(scope, row);
  const able = unblockers(state.requirement, state.votes, await approverStandings(scope), row.requesters);
  const delegations = (await listDelegations(scope)).map((one) => ({
    from: one.from_person,
    to: one.to_person,
    startsAtMs: one.starts_at.getTime(),
    endsAtMs: one.ends_at.getTime(),
  }));
  const now = Date.now();
  // Whoever is away is told as well: nothing rests on a stand-in alone.
  const told = able.flatMap(({ personId }) => [
    personId,
    ...standInsOf(delegations, personId, now).filter((id) => !row.requesters.includes(id)),
  ]);
  return [...new Set(told)];
};

/** Whoever asked, if that is a person, or started what asked. A program hears by its webhook, or waits. */
const askersOf = (row: ApprovalRow): string[] => {
  if (row.requested_by.kind === 'person') return [row.requested_by.id];
  return row.requested_by.kind === 'execution' ? row.requesters.filter((id) => id.startsWith('usr_')) : [];
};

/** @returns ids of people */
export const recipientsOf = async (
  scope: Scope,
  event: Pick<EventRow, 'type' | 'actor'>,
  approval: ApprovalRow | undefined,
): Promise<string[]> => {
  if (FOR_OWNERS.has(event.type))
    return (await listContacts(scope)).filter(({ roles }) => roles.includes('owner')).map(({ id }) => id);
  if (!approval) return [];
  if (event.type === 'approval.on_call') {
    const group = (await getSettings(scope)).on_call?.group;
    return (await listContacts(scope))
      .filter(({ groups }) => groups.some((name) => name === group))
      .map(({ id }) => id);
  }
  if (OUTCOMES.has(event.type)) return askersOf(approval).filter((id) => id !== event.actor.id);
  return ASKING.has(event.type) ? approversOf(scope, approval) : [];
};
