/** What can be wrong with a workflow: each with a stable code, the node and the place (JSON Pointer) in the definition. */
export const WORKFLOW_PROBLEMS = {
  schema: 'is not what the setting takes',
  duplicate_id: 'two nodes have the same id',
  no_start: 'there is no start',
  many_starts: 'there is more than one start',
  unknown_node: 'leads to a node that is not there',
  missing_edge: 'does not say what follows',
  unreachable: 'nothing leads to this node',
  cycle: 'leads back to itself outside of a loop',
  leads_to_start: 'leads back to the start',
  no_join: 'the branches do not meet in one join',
  leaves_region: 'leads out of a branch or loop',
  enters_region: 'leads into a branch or loop from outside',
  join_without_parallel: 'no parallel leads to this join',
  end_inside: 'an end stands inside a branch or loop',
  loop_without_return: 'no node of the body leads back to the loop',
  join_count: 'the count does not fit the branches',
  delay_setting: 'needs seconds or until, one of them',
  input_schema: 'is not a usable JSON Schema',
  template_syntax: 'a template is not well-formed',
  expression_syntax: 'an expression is not well-formed',
  unknown_identifier: 'an expression names something that is not there',
  unknown_member: 'an expression reads a member that is not there',
  unknown_function: 'an expression calls a function that is not there',
  type_mismatch: 'an expression does not fit the types',
  step_not_before: 'an expression reads a step that can not have run',
  secret_misplaced: 'a secret stands where it is not put in',
  unknown_secret: 'there is no such secret',
  unknown_variable: 'sets a variable that is not declared',
  unknown_agent: 'there is no such agent',
  unknown_tool: 'there is no such tool',
  unknown_workflow: 'there is no such workflow',
  unknown_version: 'there is no such version',
  workflow_cycle: 'the workflow calls itself',
  argument_missing: 'the tool needs an argument that is not given',
  argument_unknown: 'the tool does not take this argument',
  approval_unmeetable: 'too few people could approve',
  approval_timeout: 'the settings of its time do not fit each other',
  unknown_calendar: 'there is no such calendar',
  form: 'the form is not a usable JSON Schema',
} as const;
export type WorkflowProblemCode = keyof typeof WORKFLOW_PROBLEMS;

export type WorkflowProblem = {
  readonly code: WorkflowProblemCode;
  /** Id of the node, or null where it is about the whole. */
  readonly node: string | null;
  /** Into the definition. */
  readonly pointer: string;
  readonly detail: string;
};

export type Report = (code: WorkflowProblemCode, node: string | null, pointer: string, detail: string) => void;
