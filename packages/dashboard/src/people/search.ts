/** Which part of the people page is open, in the address. */
export const PEOPLE_TABS = ['members', 'invitations', 'groups', 'away', 'calendars', 'rules'] as const;
export type PeopleTab = (typeof PEOPLE_TABS)[number];
export type PeopleSearch = { part?: PeopleTab };

export const readPeople = (raw: Readonly<Record<string, unknown>>): PeopleSearch => {
  const tab = PEOPLE_TABS.find((name) => name === raw['part']);
  return tab === undefined ? {} : { part: tab };
};
