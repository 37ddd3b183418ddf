/** Whose request something is, by every relation that the workspace keeps from deciding it (trust.md, B1). */
import type { Actor } from '@countersign/core';
import { type Scope, type WorkspaceSettings, getSettings } from '@countersign/store';
import { type Principal, personOf } from './principal.ts';

/** Who configured the agent, with the person behind a key. */
export type Builder = Actor & { readonly person_id?: string };

type Relations = { readonly onBehalfOf?: string | undefined; readonly builder?: Builder };

export const loadRequesters = async (scope: Scope, principal: Principal, relations: Relations): Promise<string[]> =>
  requestersAs(await getSettings(scope), principal, relations);

/** By the switches of the workspace. */
export const requestersAs = (settings: WorkspaceSettings, principal: Principal, relations: Relations): string[] => {
  const keep = settings.self_approval ?? {};
  const asker = principal.kind === 'key' ? [principal.keyId, principal.ownerId] : [principal.personId];
  const { onBehalfOf, builder } = relations;
  return [
    ...new Set([
      ...(keep.requester === false ? [] : asker),
      ...(keep.on_behalf_of === false || onBehalfOf === undefined ? [] : [onBehalfOf]),
      ...(keep.builder === false || !builder ? [] : [builder.id, ...(builder.person_id ? [builder.person_id] : [])]),
    ]),
  ];
};

/** As it is kept with an agent version. */
export const builderOf = (principal: Principal, actor: Actor): Builder => ({
  ...actor,
  person_id: personOf(principal),
});
