/** What each type of node is called, looks like, and says of itself in a line. */
import { type Json, type NodeType, isArray, isObject } from '@countersign/core';
import {
  Bot,
  CircleCheck,
  CirclePlay,
  Clock,
  GitFork,
  GitMerge,
  type LucideIcon,
  Mail,
  Radio,
  Repeat,
  Route,
  Sigma,
  Split,
  Stamp,
  Workflow,
  Wrench,
} from 'lucide-react';
import type { DraftNode } from '../graph/draft.ts';

type Look = {
  readonly label: string;
  readonly icon: LucideIcon;
  /** A colour class: people decide, machines act, the rest leads. */
  readonly tint: string;
  readonly does: string;
};

const PERSON = 'text-ok bg-ok-tint';
const ACTS = 'text-accent bg-accent-tint';
const LEADS = 'text-esc bg-esc-tint';
const WAITS = 'text-wait bg-wait-tint';
const PLAIN = 'text-off bg-off-tint';

/** In the order of the palette. */
export const LOOKS: Readonly<Record<NodeType, Look>> = {
  start: { label: 'Start', icon: CirclePlay, tint: PLAIN, does: 'Begins; its output is the input' },
  approval: { label: 'Approval', icon: Stamp, tint: PERSON, does: 'Asks people' },
  tool: { label: 'Tool', icon: Wrench, tint: ACTS, does: 'Calls a tool' },
  agent: { label: 'Agent', icon: Bot, tint: ACTS, does: 'Runs an agent to its answer' },
  workflow: { label: 'Workflow', icon: Workflow, tint: ACTS, does: 'Runs another workflow' },
  condition: { label: 'Condition', icon: Split, tint: LEADS, does: 'Chooses one of two ways' },
  switch: { label: 'Switch', icon: Route, tint: LEADS, does: 'Chooses the first case that is true' },
  parallel: { label: 'Parallel', icon: GitFork, tint: LEADS, does: 'Begins several branches at once' },
  join: { label: 'Join', icon: GitMerge, tint: LEADS, does: 'Goes on when enough branches have come' },
  loop: { label: 'Loop', icon: Repeat, tint: LEADS, does: 'Does the same for each item of a list' },
  transform: { label: 'Transform', icon: Sigma, tint: PLAIN, does: 'Makes a value, sets variables' },
  delay: { label: 'Delay', icon: Clock, tint: WAITS, does: 'Waits for some time' },
  wait_event: { label: 'Wait for an event', icon: Radio, tint: WAITS, does: 'Waits until an event comes' },
  notify: { label: 'Notify', icon: Mail, tint: PLAIN, does: 'Tells people' },
  end: { label: 'End', icon: CircleCheck, tint: PLAIN, does: 'Ends with an output' },
};

const text = (value: Json | undefined): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

const approvers = (node: DraftNode): string => {
  const { hold } = node;
  const stages = isObject(hold) ? hold['stages'] : undefined;
  if (stages === undefined || !isArray(stages)) return 'anyone';
  return stages
    .map((stage) => (isObject(stage) ? text(stage['approvers'] ?? stage['approvers_expression']) : ''))
    .join(', then ');
};

/** A line under the name. Empty where a setting is still to be made. */
export const summaryOf = (node: DraftNode): string => {
  const get = (name: string): string => text(node[name]);
  switch (node.type) {
    case 'start':
      return 'begins with the input';
    case 'tool':
      return get('tool');
    case 'agent':
      return get('agent_id');
    case 'workflow':
      return get('workflow_id');
    case 'approval':
      return `${approvers(node)}${get('when') === '' ? '' : ` · if ${get('when')}`}`;
    case 'condition':
      return get('when');
    case 'switch':
      return 'the first that is true';
    case 'transform':
      return node['output'] === undefined
        ? Object.keys(isObject(node['set']) ? node['set'] : {}).join(', ')
        : get('output');
    case 'parallel':
      return 'all at once';
    case 'join':
      return { any: 'the first branch', count: `${get('count')} branches` }[get('mode')] ?? 'all branches';
    case 'loop':
      return get('items');
    case 'delay':
      return get('until') === '' ? `${get('seconds')} s` : `until ${get('until')}`;
    case 'wait_event':
      return get('event');
    case 'notify':
      return get('title') === '' ? get('text') : get('title');
    case 'end':
      return get('outcome') === 'failed' ? 'as failed' : 'completes';
  }
};
