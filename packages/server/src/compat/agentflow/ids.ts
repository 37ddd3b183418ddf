/** Ids as AgentFlow shows them; each is taken back with any prefix, or none. */
import { bareId } from '../ids.ts';

const PREFIXES = {
  approval: 'appr',
  agent: 'agent',
  tool: 'tool',
  conversation: 'conv',
  message: 'msg',
  call: 'call',
} as const;

export const showId = (kind: keyof typeof PREFIXES, id: string): string => `${PREFIXES[kind]}_${bareId(id)}`;

export const showIdOrNull = (kind: keyof typeof PREFIXES, id: string | null | undefined): string | null =>
  id ? showId(kind, id) : null;
