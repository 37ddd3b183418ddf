/** Builds the dashboard when something it is made of has changed since the last build. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export type DashboardBuild = 'no-sources' | 'up-to-date' | 'built';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Whatever else in packages/dashboard changes, these don't go into the result. */
const NO_INPUT = /^(node_modules|dist|test-results|.*\.test\.tsx?)$/;
/** Packages whose sources are bundled with it (architecture.md). */
const BUNDLED = ['core', 'contract', 'sdk'];

/** The dashboard can't be built; the message ends with what the build said. */
export class DashboardBuildError extends Error {
  override readonly name = 'DashboardBuildError';
}

/** @throws DashboardBuildError */
export async function buildDashboard(signal: AbortSignal, repository: string = ROOT): Promise<DashboardBuild> {
  const dashboard = join(repository, 'packages', 'dashboard');
  if (!existsSync(join(dashboard, 'package.json'))) return 'no-sources';
  const hash = inputsHash(repository, dashboard);
  const marker = join(dashboard, 'dist', '.inputs');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return 'up-to-date';
  const vite = join(
    dirname(createRequire(join(dashboard, 'package.json')).resolve('vite/package.json')),
    'bin',
    'vite.js',
  );
  await run(vite, ['build', '--logLevel', 'warn'], dashboard, signal);
  // Last: a build that was cut short is not taken for a finished one.
  writeFileSync(marker, hash);
  return 'built';
}

function inputsHash(repository: string, dashboard: string): string {
  const folders = [dashboard, ...BUNDLED.map((name) => join(repository, 'packages', name, 'src'))];
  const lock = join(repository, 'package-lock.json');
  const files = [...folders.flatMap(filesIn), ...(existsSync(lock) ? [lock] : [])];
  const hash = createHash('sha256');
  for (const file of files.toSorted()) {
    const content = readFileSync(file);
    // With its length, so that no two sets of files run together to the same bytes.
    hash.update(`${relative(repository, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NO_INPUT.test(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return entry.isFile() ? [path] : [];
  });
}

async function run(script: string, args: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, [script, ...args], { cwd, signal, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new DashboardBuildError(
      `The dashboard could not be built:\n${output.trim().split('\n').slice(-20).join('\n')}`,
    );
}
