import { describe, expect, test } from 'vitest';
import { findMutable } from './mutable.ts';

const kinds = (value: string): string[] => findMutable({ ref: value }).map(({ kind }) => kind);

describe('T9: an argument that can be another thing by the time of the call', () => {
  test.each([
    ['/etc/passwd', 'path'],
    ['./scripts/deploy.sh', 'path'],
    ['../up', 'path'],
    ['~/notes.txt', 'path'],
    ['C:\\temp\\run.bat', 'path'],
    ['scripts/deploy.sh', 'path'],
    ['https://example.com/install.sh', 'address'],
    ['s3://bucket/key', 'address'],
    ['git@github.com:owner/name.git', 'address'],
    ['latest', 'version'],
    ['main', 'version'],
    ['HEAD', 'version'],
    ['refs/heads/release', 'version'],
    ['nginx:latest', 'version'],
    ['left-pad@latest', 'version'],
    ['^1.2.3', 'version'],
  ])('%s is marked', (value, kind) => {
    expect(kinds(value)).toEqual([kind]);
  });
  test.each([
    'Order A17',
    '129.00',
    'EUR',
    'ada@example.com',
    'acct_1',
    '2026-11-28T10:00:00Z',
    'and/or',
    'yes / no',
    'The main thing is that it works.',
    `nginx@sha256:${'a'.repeat(64)}`,
    'b'.repeat(40),
    `https://example.com/a?sha256:${'c'.repeat(64)}`,
    '',
  ])('%s is not', (value) => {
    expect(kinds(value)).toEqual([]);
  });
  test('is found at any depth, and is pinned by a digest beside it', () => {
    const found = findMutable({ steps: [{ 'run/it': 'https://example.com/a.sh' }], tag: 'latest' });
    expect(found.map(({ pointer }) => pointer)).toEqual(['/steps/0/run~1it', '/tag']);
    expect(findMutable({ file: { url: 'https://example.com/a.sh', sha256: 'd'.repeat(64) } })).toEqual([]);
  });
});
