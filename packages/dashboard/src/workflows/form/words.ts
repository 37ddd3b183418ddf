/** How settings are called in forms. What is not here is called as its name says. */
const LABELS: Readonly<Record<string, string>> = {
  id: 'Identifier',
  agent_id: 'Agent',
  workflow_id: 'Workflow',
  when: 'When',
  as: 'Name of an item',
  items: 'Items',
  set: 'Variables that it sets',
  hold: 'Approvers and time',
  context: 'What the approver is told',
  details: 'What is approved, word for word',
  form: 'Form that the approver fills in',
  hitl_mode: 'When a person is asked',
  hitl_config: 'Which tools ask',
  on_rejected: 'After a rejection',
  on_item_failure: 'When an item fails',
  on_timeout: 'When the time is over',
  on_failure: 'When a step fails without a path for it',
  retry_from: 'A retry by hand begins',
  retry: 'Trying again',
  backoff: 'Back-off',
  retries: 'Times that it asks again',
  input_schema: 'Input',
  remind_after: 'Remind after (parts of the time)',
  distinct_people: 'Nobody votes in two stages',
  reason_required: 'A rejection needs a reason',
  grants_allowed: 'Grants are allowed',
  key_may_approve: 'A key may approve',
  hold_read_only: 'Hold tools that only read, too',
  impact_if_approved: 'If approved',
  impact_if_denied: 'If denied',
  approvers_expression: 'Approvers, by an expression',
  match: 'Which event it is',
  seconds: 'Seconds',
  until: 'Until',
};

export const labelOf = (name: string): string => {
  const known = LABELS[name];
  if (known !== undefined) return known;
  const unit = /_(seconds|minutes)$/.exec(name)?.[1];
  const words = name.replace(/_(seconds|minutes)$/, '').replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${unit === undefined ? '' : ` (${unit})`}`;
};

/** A label that says it all needs no hint below it. */
export const isFull = (label: string): boolean => Object.values(LABELS).includes(label);

/** What an outlet leads to is set apart, and the place by hand. */
export const NOT_SETTINGS: ReadonlySet<string> = new Set([
  'id',
  'type',
  'name',
  'position',
  'on_success',
  'on_fail',
  'on_true',
  'on_false',
  'otherwise',
  'branches',
  'body',
  'next',
]);

/** Seldom needed: behind one fold, below the rest. */
const SELDOM: ReadonlySet<string> = new Set([
  'description',
  'delay_to_next_step',
  'retry',
  'timeout_seconds',
  'hitl_mode',
  'hitl_config',
  'checkpoint',
  'channels',
  'form',
  'on_rejected',
  'version',
  'concurrency',
  'on_item_failure',
]);

/** Those stay in sight: a wait for an event without an end is seldom meant, and telling needs somebody to tell. */
export const isSeldom = (type: string, name: string): boolean =>
  SELDOM.has(name) &&
  !(type === 'wait_event' && name === 'timeout_seconds') &&
  !(type === 'notify' && name === 'channels') &&
  !(type === 'loop' && name !== 'description' && name !== 'delay_to_next_step');
