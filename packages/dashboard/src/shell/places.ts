/** Where one can go: the rail, the bottom bar, the palette and the G-keys are all made from this list. */
import {
  Activity,
  Bot,
  CalendarClock,
  History,
  Inbox,
  KeyRound,
  Megaphone,
  ListTree,
  MessagesSquare,
  Phone,
  ScrollText,
  type LucideIcon,
  ShieldCheck,
  Stamp,
  Users,
  Waypoints,
  Webhook,
  Wrench,
} from 'lucide-react';
import { type Permission, useSession } from '../session.ts';

export type Place = {
  readonly to:
    | '/inbox'
    | '/history'
    | '/executions'
    | '/studio'
    | '/voice-lines'
    | '/workflows'
    | '/agents'
    | '/schedules'
    | '/triggers'
    | '/settings/tools'
    | '/settings/keys'
    | '/health'
    | '/policies'
    | '/grants'
    | '/audit'
    | '/channels'
    | '/settings/people';
  readonly label: string;
  /** Where there is little room. */
  readonly short?: string;
  readonly icon: LucideIcon;
  readonly group: 'decide' | 'build' | 'govern';
  readonly permission: Permission;
  /** After G. */
  readonly key: string | null;
};

const PLACES: readonly Place[] = [
  { to: '/inbox', label: 'Inbox', icon: Inbox, group: 'decide', permission: 'approvals:read', key: 'i' },
  { to: '/history', label: 'History', icon: History, group: 'decide', permission: 'approvals:read', key: 'h' },
  {
    to: '/health',
    label: 'Approval health',
    short: 'Health',
    icon: Activity,
    group: 'decide',
    permission: 'approvals:read',
    key: 's',
  },
  {
    to: '/studio',
    label: 'Studio',
    icon: MessagesSquare,
    group: 'build',
    permission: 'executions:read',
    key: 'd',
  },
  { to: '/agents', label: 'Agents', icon: Bot, group: 'build', permission: 'agents:read', key: 'a' },
  { to: '/workflows', label: 'Workflows', icon: Waypoints, group: 'build', permission: 'workflows:read', key: 'w' },
  { to: '/executions', label: 'Executions', icon: ListTree, group: 'build', permission: 'executions:read', key: 'e' },
  { to: '/schedules', label: 'Schedules', icon: CalendarClock, group: 'build', permission: 'triggers:read', key: 'c' },
  {
    to: '/triggers',
    label: 'Incoming webhooks',
    icon: Webhook,
    group: 'build',
    permission: 'triggers:read',
    key: null,
  },
  { to: '/voice-lines', label: 'Voice lines', icon: Phone, group: 'build', permission: 'triggers:read', key: null },
  { to: '/settings/tools', label: 'Tools', icon: Wrench, group: 'build', permission: 'tools:read', key: 't' },
  { to: '/policies', label: 'Policies', icon: ShieldCheck, group: 'govern', permission: 'policies:read', key: 'p' },
  { to: '/grants', label: 'Grants', icon: Stamp, group: 'govern', permission: 'approvals:read', key: 'r' },
  { to: '/channels', label: 'Channels', icon: Megaphone, group: 'govern', permission: 'channels:read', key: 'c' },
  { to: '/audit', label: 'Audit log', icon: ScrollText, group: 'govern', permission: 'audit:read', key: 'l' },
  { to: '/settings/people', label: 'People', icon: Users, group: 'govern', permission: 'members:read', key: 'm' },
  { to: '/settings/keys', label: 'API keys', icon: KeyRound, group: 'govern', permission: 'keys:read', key: 'k' },
];

/** What this person's roles can use; anything else is absent. */
export const usePlaces = (): readonly Place[] => {
  const { permissions } = useSession();
  return PLACES.filter((place) => permissions.includes(place.permission));
};
