/** docs/security says which test shows what: each of them exists. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, read } from './repository.ts';

const resolve = (name: string): string | undefined => {
  const [first = '', ...rest] = name.split('/');
  return [name, `packages/${first}/src/${rest.join('/')}`].find((path) => existsSync(join(ROOT, path)));
};

const citations = (text: string): { name: string; title: string }[] =>
  [...text.matchAll(/`([^`]+\.test\.tsx?)`: “([^”]*)”/g)].map(([, name = '', title = '']) => ({ name, title }));

describe.each(['docs/security/aisvs-c9.2.md', 'docs/security/requirements.md', 'SECURITY.md'])('%s', (path) => {
  it('cites only tests that exist', () => {
    const wrong = citations(read(path)).filter(({ name, title }) => {
      const file = resolve(name);
      return title === '' || file === undefined || !read(file).includes(title);
    });
    expect(wrong).toEqual([]);
  });
});

it('every control that is said to be met has a test', () => {
  const rows = [...read('docs/security/aisvs-c9.2.md').matchAll(/^\| (\d+\.\d+\.\d+) \|.*$/gm)];
  expect(rows.map(([, control]) => control).length).toBe(17);
  const without = rows.filter(([row]) => /\| (met|partly) \|/.test(row) && citations(row).length === 0);
  expect(without.map(([, control]) => control)).toEqual([]);
});

it('every requirement has a row, and a test or the word that it is not met yet', () => {
  const rows = [...read('docs/security/requirements.md').matchAll(/^\| T(\d+) \|.*$/gm)];
  expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: 73 }, (_, index) => index + 1));
  const without = rows.filter(([row]) => citations(row).length === 0 && !row.includes('not yet'));
  expect(without.map(([, number]) => number)).toEqual([]);
});
