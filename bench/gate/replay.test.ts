import { expect, test } from 'vitest';
import { prepareReplay } from './replay.ts';

const APPROVAL = `apr_${'a'.repeat(27)}`;
const WORKSPACE = `wsp_${'w'.repeat(27)}`;
const KEY = '3f2b8c1e-9d47-4a6b-8f00-0c1d2e3f4a5b';

const statement = (name: string, values: unknown[]) => ({ name, text: 'select', values, rows: 1 });

test('what is new in each cycle is replaced everywhere by the same new value, and nothing else is', () => {
  const { transactions, tokens } = prepareReplay([
    {
      role: 'countersign_api',
      statements: [
        statement('a', [WORKSPACE, APPROVAL, KEY, 7, null]),
        statement('b', [[APPROVAL], { id: APPROVAL, workspace: WORKSPACE }, `{"approval":"${APPROVAL}","n":1}`]),
      ],
    },
  ]);
  const given = tokens();
  const [approval, key] = given;
  expect(approval).toMatch(/^apr_[0-9A-Za-z]{27}$/);
  expect(approval).not.toBe(APPROVAL);
  expect(key).not.toBe(KEY);
  const [a, b] = transactions[0]?.statements.map(({ values }) => values(given)) ?? [];
  expect(a).toEqual([WORKSPACE, approval, key, 7, null]);
  expect(b).toEqual([
    [approval],
    JSON.stringify({ id: approval, workspace: WORKSPACE }),
    `{"approval":"${approval}","n":1}`,
  ]);
});

test('looking for jobs is no part of a cycle', () => {
  expect(
    prepareReplay([{ role: 'countersign_worker', statements: [statement('job_claim', [])] }]).transactions,
  ).toEqual([]);
});
