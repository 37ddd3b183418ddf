/** Apart from the schemas, so that whoever needs the names alone carries no zod. */
export const NODE_TYPES = [
  'start',
  'agent',
  'tool',
  'approval',
  'condition',
  'switch',
  'transform',
  'parallel',
  'join',
  'loop',
  'delay',
  'wait_event',
  'workflow',
  'notify',
  'end',
] as const;
export type NodeType = (typeof NODE_TYPES)[number];
