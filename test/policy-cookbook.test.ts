/** The cookbook's policies are policies, and do to the calls below them what the table says. */
import { type JsonObject, type PolicyRequest, evaluatePolicy, evaluateText, parseRule } from '@countersign/core';
import { readPolicySource } from '@countersign/server/policies';
import { expect, it } from 'vitest';
import { blocksOf } from './markdown.ts';
import { read } from './repository.ts';

const recipes = read('docs/guide/policy-cookbook.md').split(/^## /m).slice(1);

type Row = { readonly call: string; readonly also: string; readonly outcome: string; readonly asked: string };

/** `| call | and | outcome | asked first |`. A bar in a cell is written with a backslash. */
const rowsOf = (recipe: string): Row[] =>
  [...recipe.matchAll(/^\| (`.*) \|$/gm)].map(([, line = '']) => {
    const [call = '', also = '', outcome = '', asked = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const bare = (cell: string): string => cell.replaceAll('`', '').replaceAll(String.raw`\|`, '|');
    return { call, also, outcome: bare(outcome), asked: bare(asked) };
  });

const requestOf = ({ call, also }: Row): PolicyRequest => {
  const [, tool = '', args = '{}'] = /^`(\w+)` `(.*)`$/.exec(call) ?? [];
  return {
    tool,
    arguments: JSON.parse(args) as JsonObject,
    risk: (/risk (\w+)/.exec(also)?.[1] ?? 'irreversible') as PolicyRequest['risk'],
    agent: { id: null, name: /agent ([\w ]+)/.exec(also)?.[1] ?? 'Support EU' },
    caller: 'key_1',
    now: /at (\S+)/.exec(also)?.[1] ?? '2026-05-04T10:00:00Z',
  };
};

it('has at least ten, each with its rules and with calls that it is tried on', () => {
  expect(recipes.map((recipe) => /^(\d+)\. /.exec(recipe)?.[1])).toEqual(recipes.map((_, index) => String(index + 1)));
  expect(recipes.length).toBeGreaterThanOrEqual(10);
  for (const recipe of recipes) {
    expect(blocksOf(recipe).filter(({ language }) => language === 'yaml')).toHaveLength(1);
    expect(rowsOf(recipe).length, recipe.split('\n')[0]).toBeGreaterThan(0);
  }
});

const cases = recipes.flatMap((recipe) =>
  rowsOf(recipe).map((row) => [recipe.split('\n')[0] ?? '', row, recipe] as const),
);

it.each(cases)('%s: %o', (_, row, recipe) => {
  const source = readPolicySource(blocksOf(recipe).find(({ language }) => language === 'yaml')?.text ?? '');
  if (!source.ok) throw new Error(JSON.stringify(source.problems));
  const request = requestOf(row);
  const lately = {
    calls: Number(/(\d+) calls?/.exec(row.also)?.[1] ?? 0),
    sum: Number(/sum (\d+)/.exec(row.also)?.[1] ?? 0),
  };
  const verdict = evaluatePolicy(source.policy, request, () => lately);
  expect(verdict.outcome ?? 'none').toBe(row.outcome);
  const stage = verdict.hold?.stages?.[0];
  const { now, ...rest } = request;
  const written = stage?.approvers_expression && evaluateText(stage.approvers_expression, { request: rest, now });
  const asked = written ? (written.ok ? written.value : '') : (stage?.approvers ?? '');
  expect(asked).toBe(row.asked);
  if (row.asked !== '') expect(parseRule(row.asked)).toMatchObject({ ok: true });
});
