import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BuildError } from './build-when-changed.ts';
import { buildDashboard } from './dashboard.ts';

const MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
const NEVER = new AbortController().signal;

let repository: string;
let dashboard: string;

beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'cs-dashboard-'));
  dashboard = join(repository, 'packages', 'dashboard');
  mkdirSync(join(dashboard, 'src'), { recursive: true });
  symlinkSync(MODULES, join(repository, 'node_modules'));
  writeFileSync(join(dashboard, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(dashboard, 'index.html'),
    '<!doctype html><title>Small</title><script type="module" src="/src/main.js"></script>',
  );
  writeFileSync(join(dashboard, 'src', 'main.js'), 'document.title = "one";');
});

afterEach(() => rmSync(repository, { recursive: true }));

test('it is built once, and again only when something it is made of has changed', async () => {
  expect(await buildDashboard(NEVER, repository)).toBe('built');
  expect(readFileSync(join(dashboard, 'dist', 'index.html'), 'utf8')).toContain('<title>Small</title>');
  expect(await buildDashboard(NEVER, repository)).toBe('up-to-date');

  writeFileSync(join(dashboard, 'src', 'main.test.ts'), 'a test is no input');
  expect(await buildDashboard(NEVER, repository)).toBe('up-to-date');

  writeFileSync(join(dashboard, 'src', 'main.js'), 'document.title = "two";');
  expect(await buildDashboard(NEVER, repository)).toBe('built');

  mkdirSync(join(repository, 'packages', 'core', 'src'), { recursive: true });
  writeFileSync(join(repository, 'packages', 'core', 'src', 'index.ts'), 'export {};');
  expect(await buildDashboard(NEVER, repository)).toBe('built');
});

test('a build that fails says why, and is tried again the next time', async () => {
  writeFileSync(join(dashboard, 'src', 'main.js'), 'import "./missing.js";');
  await expect(buildDashboard(NEVER, repository)).rejects.toThrow(BuildError);
  expect(statSync(join(dashboard, 'dist', '.inputs'), { throwIfNoEntry: false })).toBeUndefined();
  writeFileSync(join(dashboard, 'src', 'main.js'), 'document.title = "mended";');
  expect(await buildDashboard(NEVER, repository)).toBe('built');
});

test('without a dashboard there is nothing to build', async () => {
  rmSync(join(dashboard, 'package.json'));
  expect(await buildDashboard(NEVER, repository)).toBe('no-sources');
});
