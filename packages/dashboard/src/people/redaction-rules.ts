/** The setting `redaction_rules` as rows that can be edited one by one, and back. */
import type { WireSettings } from '@countersign/contract';
import type { Role } from '@countersign/core';

type Rules = WireSettings['redaction_rules'];

/** With the names of the fields in one line. */
export type RuleRow = { readonly name: string; readonly fields: string; readonly roles: readonly Role[] };

export const rowsOf = (rules: Rules): RuleRow[] =>
  rules.map(({ name, fields, visible_to: roles }) => ({ name, fields: fields.join(', '), roles }));

const fieldsOf = (line: string): string[] =>
  line
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '');

export const rulesOf = (rows: readonly RuleRow[]): Rules =>
  rows.map(({ name, fields, roles }) => ({ name: name.trim(), fields: fieldsOf(fields), visible_to: [...roles] }));

/** As in the contract: it stands in every marker. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 -]{0,58}[A-Za-z0-9]$/;

/** Why they can't be saved yet. */
export const ruleFault = (rows: readonly RuleRow[]): string | undefined => {
  const rules = rulesOf(rows);
  if (rules.some(({ name }) => !NAME.test(name))) return 'A rule’s name has 2 to 60 letters, digits, spaces or hyphens';
  if (rules.some(({ fields }) => fields.length === 0)) return 'A rule names no field';
  return new Set(rules.map(({ name }) => name)).size < rules.length ? 'A rule is there twice' : undefined;
};
