/** An approval as text for a terminal. */
import type { Approval } from '@countersign/sdk';
import { plain } from '../plain.ts';

type Listed = Pick<Approval, 'id' | 'title' | 'priority' | 'status' | 'created_at' | 'expires_at'> & {
  readonly requested_by: { readonly name: string };
};

const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
] as const;

/** `3h`, `12m`, `5s`: how far two moments are apart. */
const apart = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [size, unit] = UNITS.find(([length]) => seconds >= length) ?? [1, 's'];
  return `${Math.floor(seconds / size)}${unit}`;
};

/** One line: id, age, what is left, priority, title, who asked. */
export const listedLine = (item: Listed, nowMs: number): string => {
  const left = item.expires_at === null ? '' : `${apart(Date.parse(item.expires_at) - nowMs)} left`;
  const when = item.status === 'pending' ? left : item.status;
  const age = apart(nowMs - Date.parse(item.created_at));
  return [
    item.id,
    age.padStart(4),
    when.padEnd(9),
    item.priority.padEnd(8),
    `${plain(item.title)} (${plain(item.requested_by.name)})`,
  ].join('  ');
};

const json = (value: unknown): string => plain(JSON.stringify(value, null, 2)).replaceAll('\\u{a}', '\n');

/** All that is decided on, before somebody decides it here. */
export const shownWhole = (approval: Approval): string => {
  const rows: [string, string | null][] = [
    ['requested by', plain(approval.requested_by.name)],
    ['tool', approval.tool === null ? null : plain(approval.tool)],
    ['arguments', approval.arguments === null ? null : json(approval.arguments)],
    ['output', approval.output === null ? null : json(approval.output)],
    ['answer', approval.response_schema === null ? null : json(approval.response_schema)],
    ['held because', plain(approval.gate_reason)],
    ['it says (not verified)', approval.explanation === null ? null : plain(approval.explanation)],
    ['if approved', plain(approval.impact?.if_approved ?? '') || null],
    ['if rejected', plain(approval.impact?.if_rejected ?? '') || null],
    ...approval.evidence.map(({ label, content }): [string, string] => [
      plain(label),
      content.split('\n').map(plain).join('\n'),
    ]),
    ['unusual', approval.flags.map(({ text }) => plain(text)).join('\n') || null],
    ['digest', approval.digest],
  ];
  const shown = rows.flatMap(([label, text]) =>
    text === null ? [] : [text.includes('\n') ? `${label}:\n${text}` : `${label}: ${text}`],
  );
  return [`${plain(approval.title)} [${approval.priority}]`, ...shown].join('\n');
};
