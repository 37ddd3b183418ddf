/** Whether a line may be drawn: it may not bring in a mistake of structure that further lines could not mend. */
import { type WorkflowProblemCode, checkStructure } from '@countersign/core';
import { type Draft, asWorkflow, nodeOf } from './draft.ts';
import { connect } from './edits.ts';

const LASTING: readonly WorkflowProblemCode[] = [
  'cycle',
  'leads_to_start',
  'leaves_region',
  'enters_region',
  'end_inside',
];

type Fault = { readonly code: WorkflowProblemCode; readonly node: string | null; readonly detail: string };

/** What is wrong with the structure, as far as it can be told without the server. */
export const structureFaults = (draft: Draft): readonly (Fault & { readonly pointer: string })[] => {
  const faults: (Fault & { pointer: string })[] = [];
  checkStructure(asWorkflow(draft), (code, node, pointer, detail) => faults.push({ code, node, pointer, detail }));
  return faults;
};

/** Of each draft once: what is there already is no fault of the line that is asked about. */
const known = new WeakMap<Draft, readonly Fault[]>();

const lasting = (draft: Draft): readonly Fault[] => {
  const before = known.get(draft);
  if (before !== undefined) return before;
  const faults = structureFaults(draft).filter(({ code }) => LASTING.includes(code));
  known.set(draft, faults);
  return faults;
};

const wordsOf = (fault: Fault): string => `${fault.node}: ${fault.detail}`;

/** Why a line may not be drawn, in a sentence, or null where it may. */
export const whyNotConnect = (draft: Draft, from: string, port: string, to: string): string | null => {
  const target = nodeOf(draft, to);
  if (target === undefined) return 'there is no such node';
  if (target.type === 'start') return 'nothing leads to the start';
  if (from === to) return 'a node does not lead to itself';
  const before = new Set(lasting(draft).map(wordsOf));
  const fault = lasting(connect(draft, from, port, to)).find((one) => !before.has(wordsOf(one)));
  return fault === undefined ? null : fault.node === from ? fault.detail : wordsOf(fault);
};

export type Target = { readonly id: string; readonly whyNot: string | null };

/** Every node that a port could lead to, those that it may first. */
export const targetsFor = (draft: Draft, from: string, port: string): readonly Target[] =>
  draft.nodes
    .filter(({ id, type }) => id !== from && type !== 'start')
    .map(({ id }) => ({ id, whyNot: whyNotConnect(draft, from, port, id) }))
    .toSorted((a, b) => Number(a.whyNot !== null) - Number(b.whyNot !== null));
