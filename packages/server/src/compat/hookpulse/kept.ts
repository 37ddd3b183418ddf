/** What HookPulse's clients name things by, and what is kept for them beside things of ours. */
import { type IdKind, type JsonObject, idPattern } from '@countersign/core';
import { type Scope, compatIds, compatNotes, getSettings, idOfCompatUuid, putCompatNote } from '@countersign/store';
import { Problem } from '../../http/problem.ts';
import type { Domain, Template } from './template.ts';

const DIALECT = 'hookpulse';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The UUID under which each of these is shown; it gets one now if it has none. In a writing transaction. */
export const uuidsOf = async (scope: Scope, ids: readonly string[]): Promise<(id: string) => string> => {
  const known = await compatIds(scope, DIALECT, ids);
  return (id) => known.get(id)?.uuid ?? '';
};

/** What an UUID names. @throws Problem `not_found`, in these words */
const named = async (scope: Scope, uuid: string, form: RegExp, what: string): Promise<string> => {
  const id = UUID.test(uuid) ? await idOfCompatUuid(scope, DIALECT, uuid) : undefined;
  if (id === undefined || !form.test(id)) throw new Problem('not_found', `${what} not found`);
  return id;
};

/** @throws Problem `not_found` */
export const idOf = (scope: Scope, kind: IdKind, uuid: string, what: string): Promise<string> =>
  named(scope, uuid, idPattern(kind), what);

/** A domain is kept under its own name, so that it is there once. */
export const domainKey = ({ protocol_type: protocol, domain }: Pick<Domain, 'protocol_type' | 'domain'>): string =>
  `domain/${protocol}://${domain}`;

/** The domains of these UUIDs. @throws Problem `not_found` */
export const domainsOf = async (scope: Scope, uuids: readonly string[]): Promise<ReadonlyMap<string, Domain>> => {
  const keys = new Map<string, string>();
  for (const uuid of new Set(uuids)) keys.set(uuid, await named(scope, uuid, /^domain\//, 'Domain'));
  const notes = await compatNotes(scope, DIALECT, [...keys.values()]);
  return new Map([...keys].map(([uuid, key]) => [uuid, notes.get(key) as unknown as Domain]));
};

/** Undefined: the workflow was not made by these clients. */
export const templatesOf = async (scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, Template>> =>
  // Written by `putTemplate` and by nothing else.
  (await compatNotes(scope, DIALECT, ids)) as unknown as ReadonlyMap<string, Template>;

export const putNote = async (scope: Scope, id: string, note: Domain | Template): Promise<void> => {
  await putCompatNote(scope, DIALECT, id, JSON.parse(JSON.stringify(note)) as JsonObject);
};

/** Of the workspace: in it stand all times. */
export const timeZoneOf = async (scope: Scope): Promise<string> => (await getSettings(scope)).time_zone ?? 'UTC';
