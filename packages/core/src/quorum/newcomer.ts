/** Roles and groups that somebody was given only just now: not yet good for a vote, where the workspace waits (trust.md, B11). */
import type { Role } from '../authz.ts';
import type { Standing } from './requirement.ts';

const HOUR_MS = 3_600_000;

/** A person's roles and groups, each with the moment since when they have it (milliseconds since 1970). */
export type StandingSince = {
  readonly personId: string;
  readonly roles: Readonly<Partial<Record<Role, number>>>;
  readonly groups: Readonly<Record<string, number>>;
  readonly otherAccounts: readonly string[];
};

const namesOf = <Name extends string>(since: Readonly<Partial<Record<Name, number>>>, untilMs: number): Name[] =>
  (Object.entries(since) as [Name, number][]).filter(([, sinceMs]) => sinceMs <= untilMs).map(([name]) => name);

/** What counts at this moment: all that somebody has had for the waiting time. */
export const settled = (person: StandingSince, nowMs: number, waitHours: number): Standing => {
  const untilMs = waitHours > 0 ? nowMs - waitHours * HOUR_MS : Number.POSITIVE_INFINITY;
  return {
    personId: person.personId,
    roles: namesOf(person.roles, untilMs),
    groups: namesOf(person.groups, untilMs),
    otherAccounts: person.otherAccounts,
  };
};
