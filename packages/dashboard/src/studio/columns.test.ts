import { expect, test } from 'vitest';
import { readColumns, writeColumns } from './columns.ts';

const CONVERSATION = `cnv_${'a'.repeat(27)}`;
const AGENT = `agt_${'b'.repeat(27)}`;

test('columns are found again from the address', () => {
  const columns = [
    { kind: 'conversation', id: CONVERSATION },
    { kind: 'agent', id: AGENT, version: null },
    { kind: 'agent', id: AGENT, version: 3 },
  ] as const;
  expect(readColumns(writeColumns(columns))).toEqual(columns);
  expect(writeColumns([])).toBeUndefined();
});

test('what is no column is left out, and a fourth too', () => {
  expect(readColumns(undefined)).toEqual([]);
  expect(readColumns(`x,${CONVERSATION},agt_1,<script>`)).toHaveLength(1);
  expect(readColumns([CONVERSATION, AGENT, AGENT, CONVERSATION].join(','))).toHaveLength(3);
});
