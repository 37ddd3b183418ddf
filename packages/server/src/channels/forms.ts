/** The forms that people fill in in a channel, and what they filled in as the body of a decision. */
import { CODE_FIELD, type DecisionForm, type Field, type Form, type FormValues, valuesOf } from '@countersign/channels';
import type { Json, JsonObject } from '@countersign/core';
import { OUTPUT_FIELD, decidedPart, fieldsOfRow } from '@countersign/engine';
import type { ApprovalRow } from '@countersign/store';

type Seen = { readonly approvalId: string; readonly digest: string };

const REASON = 'reason';

const reasonField = (isRequired: boolean): Field => ({
  name: REASON,
  label: 'Reason',
  hint: 'The agent is told it, and it stands in the record.',
  type: 'long_text',
  choices: [],
  value: '',
  isRequired,
});

export const linkForm: Form = {
  kind: 'link',
  title: 'Who you are',
  lines: [
    'Sign in to Countersign, open your account page, and make a code under “In channels”. Entered here it says that you are that member. Give it to nobody.',
  ],
  submit: 'Link',
  fields: [{ name: CODE_FIELD, label: 'Code', hint: null, type: 'text', choices: [], value: '', isRequired: true }],
  about: null,
};

/** @returns null where a form can't hold it: it is done on its page */
export const formFor = (kind: DecisionForm, row: ApprovalRow, { approvalId, digest }: Seen): Form | null => {
  const common = { kind, lines: [row.title], about: { approvalId, digest } };
  if (kind === 'reject')
    return {
      ...common,
      title: 'Reject',
      submit: 'Reject',
      fields: [reasonField(row.requirement?.isReasonRequired ?? false)],
    };
  const fields = fieldsOfRow(row);
  if (!fields || (kind === 'answer') !== (row.kind === 'question')) return null;
  return kind === 'edit'
    ? { ...common, title: 'Edit and approve', submit: 'Approve the edit', fields }
    : { ...common, title: 'Answer', submit: 'Send the answer', fields };
};

type DecisionBody = {
  readonly decision: 'approved' | 'rejected';
  readonly digest: string;
  readonly reason?: string;
  readonly arguments?: JsonObject;
  readonly output?: Json;
  readonly response?: Json;
};

/** What was filled in as what is decided. */
export const bodyOf = (kind: DecisionForm, row: ApprovalRow, digest: string, values: FormValues): DecisionBody => {
  if (kind === 'reject') {
    const reason = values[REASON]?.trim() ?? '';
    return { decision: 'rejected', digest, ...(reason === '' ? {} : { reason }) };
  }
  const fields = fieldsOfRow(row) ?? [];
  const common = { decision: 'approved', digest } as const;
  if (kind === 'answer') return { ...common, response: valuesOf(fields, {}, values) };
  if (row.kind === 'output') {
    const before = { [OUTPUT_FIELD]: decidedPart(row) ?? '' };
    return { ...common, output: valuesOf(fields, before, values)[OUTPUT_FIELD] ?? '' };
  }
  return { ...common, arguments: valuesOf(fields, (decidedPart(row) ?? {}) as JsonObject, values) };
};

/** The problems of a decision by the fields of its form; what names no field stands at the first. */
export const fieldErrors = (
  form: Form,
  errors: readonly { readonly pointer: string; readonly detail: string }[],
): readonly { readonly field: string; readonly detail: string }[] =>
  errors.map(({ pointer, detail }) => {
    const name = pointer.split('/').at(-1)?.replaceAll('~1', '/').replaceAll('~0', '~') ?? '';
    const field = form.fields.find((one) => one.name === name) ?? form.fields[0];
    return { field: field?.name ?? name, detail: field?.name === name ? detail : `${name}: ${detail}` };
  });
