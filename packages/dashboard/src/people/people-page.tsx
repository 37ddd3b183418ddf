/** Everybody in the workspace: members, groups, who is away, when people work, and the switches of the workspace. */
import { Link, useSearch } from '@tanstack/react-router';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { useTitle } from '../approvals/approval-pane.tsx';
import { Page } from '../ui/page.tsx';
import { Calendars } from './calendars.tsx';
import { Delegations } from './delegations.tsx';
import { Groups } from './groups.tsx';
import { Invitations } from './invitations.tsx';
import { Members } from './members.tsx';
import { PEOPLE_TABS, type PeopleTab, readPeople } from './search.ts';
import { WorkspaceSettings } from './workspace-settings.tsx';

const NAMES: Readonly<Record<PeopleTab, string>> = {
  members: 'Members',
  invitations: 'Invitations',
  groups: 'Groups',
  away: 'Out of office',
  calendars: 'Calendars',
  rules: 'Settings',
};
const PARTS: Readonly<Record<PeopleTab, () => ReactNode>> = {
  members: Members,
  invitations: Invitations,
  groups: Groups,
  away: Delegations,
  calendars: Calendars,
  rules: WorkspaceSettings,
};

export const PeoplePage = (): ReactNode => {
  useTitle('People');
  // An address can say anything.
  const { part = 'members' } = readPeople(useSearch({ from: '/app/settings/people' }));
  const Part = PARTS[part];
  return (
    <Page
      title="People"
      below={
        <nav aria-label="Parts of this page" className="mt-2 flex gap-4 overflow-x-auto border-b">
          {PEOPLE_TABS.map((tab) => (
            <Link
              key={tab}
              to="/settings/people"
              search={{ part: tab }}
              replace
              aria-current={tab === part ? 'true' : undefined}
              className={clsx(
                '-mb-px inline-flex h-9 items-center border-b-2 font-medium whitespace-nowrap pointer-coarse:h-11',
                tab === part ? 'border-fg text-fg' : 'border-transparent text-fg-2 hover:text-fg',
              )}
            >
              {NAMES[tab]}
            </Link>
          ))}
        </nav>
      }
    >
      <Part />
    </Page>
  );
};
