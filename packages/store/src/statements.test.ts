import { readFile, readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('every statement has a name of its own: PostgreSQL keeps its plan under it', async () => {
  const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.ts') && !name.includes('.test.'));
  const texts = await Promise.all(files.map((name) => readFile(`${import.meta.dirname}/${name}`, 'utf8')));
  const constants = new Map(
    texts.flatMap((text) =>
      [...text.matchAll(/const (\w+) = '([^']+)';/g)].map(([, constant, value]) => [constant, value]),
    ),
  );
  const made = texts.flatMap((text) =>
    [...text.matchAll(/= statement(?:OfRows)?\b[^(]*\(\s*(?:['`]([^'`]+)['`]|(\w+),)/g)].map(
      ([, name, constant]) => name ?? constants.get(constant) ?? constant,
    ),
  );
  // As many names as there are statements: none escaped the search.
  const calls = texts.reduce((sum, text) => sum + (text.match(/= statement(?:OfRows)?\b/g) ?? []).length, 0);
  expect(made.length).toBe(calls);
  expect(made.length).toBeGreaterThan(60);
  expect(made.filter((name, index) => made.indexOf(name) !== index)).toEqual([]);
});
