/** One word for one thing: docs/glossary.md has the words, this test the synonyms that keep coming back. */
import { ROLES, HITL_MODES } from '@countersign/core';
import { expect, it } from 'vitest';
import { files, isTestOnly, lineOf, read } from './repository.ts';

/** What to say instead. */
const BANNED: Readonly<Record<string, string>> = {
  tenants: 'workspaces',
  tenant: 'workspace',
  organisation: 'workspace',
  organization: 'workspace',
  ticket: 'approval',
  'approval request': 'approval',
  'job run': 'execution',
  'workflow run': 'execution',
  'human-in-the-loop mode': 'HITL mode',
  blacklist: 'blocked_tools',
  whitelist: 'allowed_tools',
};

it('banned synonyms stand in the glossary only, where they are explained', () => {
  const pattern = new RegExp(`\\b(${Object.keys(BANNED).join('|')})\\b`, 'gi');
  // A dialect speaks the words of the API that it is, as does what speaks to Microsoft.
  const isForeign = (path: string): boolean =>
    /^packages\/(server\/src\/compat\/[^/]+|channels\/src\/teams)\//.test(path);
  const texts = files.filter(
    (path) => /\.(tsx?|md)$/.test(path) && path !== 'docs/glossary.md' && !isTestOnly(path) && !isForeign(path),
  );
  const found = texts.flatMap((path) => {
    // Names of files and of code are cited as they are.
    const text = path.endsWith('.md') ? read(path).replaceAll(/`[^`\n]*`/g, '') : read(path);
    return [...text.matchAll(pattern)].map(
      (match) => `${path}:${lineOf(text, match.index)} ${match[0]}: say ${BANNED[match[0].toLowerCase()]}`,
    );
  });
  expect(found).toEqual([]);
});

it('the glossary has the words of the code', () => {
  const glossary = read('docs/glossary.md');
  for (const word of [...ROLES, ...HITL_MODES, 'proceed', 'hold', 'block']) expect(glossary).toContain(`\`${word}\``);
  for (const word of Object.keys(BANNED).filter((name) => !name.includes(' ')))
    expect(glossary, `${word} is not among the words not used`).toContain(word);
});

it('every word has one line, in which others are explained once', () => {
  const words = [...read('docs/glossary.md').matchAll(/^\| ([^|]+?) \| /gm)]
    .flatMap(([, cell = '']) => cell.split(', '))
    .slice(1);
  expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
  expect(words.length).toBeGreaterThan(40);
});
