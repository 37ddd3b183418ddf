/** A simulation as text for a terminal. */
import type { Fate, SimulatedCall, Simulation } from '@countersign/server/policies';
import { plain } from '../plain.ts';

const SHOWN_MAX = 20;
const ARGUMENTS_MAX = 100;

const FATE_WORDS: Readonly<Record<Fate, string>> = {
  let_through: 'let through',
  held: 'held',
  blocked: 'blocked',
  left_to_mode: 'left to the mode',
};

const cut = (text: string): string => (text.length > ARGUMENTS_MAX ? `${text.slice(0, ARGUMENTS_MAX)}…` : text);

/** Columns that hold only numbers stand to the right. */
const table = (rows: readonly (readonly (string | number)[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length)));
  const isNumeric = widths.map((_, column) => rows.slice(1).every((row) => typeof row[column] === 'number'));
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      isNumeric[column] ? String(cell).padStart(widths[column] ?? 0) : String(cell).padEnd(widths[column] ?? 0),
    );
    return `  ${cells.join('  ')}`.trimEnd();
  });
};

const list = (heading: string, calls: readonly SimulatedCall[]): string[] => {
  if (calls.length === 0) return [];
  const rows = calls
    .slice(0, SHOWN_MAX)
    .map(({ line, run, tool, rule, arguments: args }) => [
      `line ${line}`,
      plain(run),
      plain(tool),
      rule === null ? '' : `"${plain(rule)}"`,
      cut(plain(JSON.stringify(args))),
    ]);
  const more = calls.length - rows.length;
  return [
    `${heading}: ${calls.length}`,
    ...table([['where', 'run', 'tool', 'rule', 'arguments'], ...rows]),
    ...(more > 0 ? [`  and ${more} more; --json lists all`] : []),
    '',
  ];
};

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

export const report = (simulation: Simulation): string => {
  const { by_fate: fates, by_rule: rules, unreadable } = simulation;
  const isJudged = Object.values(fates).some(({ expected, not_expected: wrong }) => expected + wrong > 0);
  const fateRows = Object.entries(fates).map(
    ([fate, { calls, expected, not_expected: wrong }]) => [
      FATE_WORDS[fate as Fate],
      calls,
      ...(isJudged ? [expected, wrong] : []),
    ], // Its keys are the fates.
  );
  const ruleRows = rules.map(({ calls, outcome, rule }) => [
    calls,
    outcome,
    rule === null ? 'no rule matched' : plain(rule),
  ]);
  const unused = simulation.rules_without_calls.map(plain);
  return [
    ...list('Not expected, and would be let through', simulation.not_expected_let_through),
    ...list('Expected, and would be blocked', simulation.expected_blocked),
    `${plural(simulation.calls, 'call')}${simulation.runs > 0 ? ` in ${plural(simulation.runs, 'run')}` : ''}`,
    ...table([['', 'calls', ...(isJudged ? ['expected', 'not expected'] : [])], ...fateRows]),
    '',
    'By rule',
    ...table([['calls', 'outcome', 'rule'], ...ruleRows]),
    ...(unused.length > 0 ? ['', `Decided nothing: ${unused.map((name) => `"${name}"`).join(', ')}`] : []),
    ...(unreadable.length > 0
      ? ['', `Left out: ${plural(unreadable.length, 'call')} whose arguments are no JSON object`]
      : []),
  ].join('\n');
};
