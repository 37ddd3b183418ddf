/** What a reviewer sees of a call of Claude Code. */
import type { GateCall } from '@countersign/sdk';
import type { ToolCall } from '../clear.ts';

const TITLE_MAX = 300;
const EXPLANATION_MAX = 2000;

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** The part of the input that says most in a line. */
const subjectOf = (args: Record<string, unknown>): string => {
  for (const name of ['command', 'file_path', 'notebook_path', 'url', 'path', 'query'])
    if (typeof args[name] === 'string') return args[name];
  return '';
};

export const describeCall = ({ tool, arguments: args }: ToolCall): Omit<GateCall<object>, 'tool' | 'arguments'> => {
  const input = args as Record<string, unknown>; // JSON.
  const subject = subjectOf(input);
  const said = input['description'];
  return {
    title: cut(subject === '' ? tool : `${tool}: ${subject.replaceAll(/\s+/g, ' ')}`, TITLE_MAX),
    agent_name: 'Claude Code',
    ...(typeof said === 'string' && said !== '' ? { explanation: cut(said, EXPLANATION_MAX) } : {}),
  };
};
