/** Builds what the server serves as files, when something it is made of has changed since the last build. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export type Built = 'no-sources' | 'up-to-date' | 'built';

export type Buildable = {
  /** What it is called in an error. */
  readonly name: string;
  /** The root of the repository. */
  readonly repository: string;
  /** The package whose `dist` it fills. */
  readonly folder: string;
  /** Folders and files whose content decides whether it is built anew. */
  readonly inputs: readonly string[];
  /** Script and arguments, for Node, run in the package's folder. Asked for only where something is built. */
  readonly command: () => readonly string[];
};

/** Whatever else in a package changes, these don't go into the result. */
const NO_INPUT = /^(node_modules|dist|test-results|.*\.test\.tsx?)$/;

/** It can't be built; the message ends with what the build said. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

/** @throws BuildError */
export async function buildWhenChanged(what: Buildable, signal: AbortSignal): Promise<Built> {
  if (!existsSync(join(what.folder, 'package.json'))) return 'no-sources';
  const hash = inputsHash(what);
  const marker = join(what.folder, 'dist', '.inputs');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return 'up-to-date';
  await run(what, signal);
  // Last: a build that was cut short is not taken for a finished one.
  writeFileSync(marker, hash);
  return 'built';
}

function inputsHash({ repository, inputs }: Buildable): string {
  const hash = createHash('sha256');
  for (const file of inputs.flatMap(filesIn).toSorted()) {
    const content = readFileSync(file);
    // With its length, so that no two sets of files run together to the same bytes.
    hash.update(`${relative(repository, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function filesIn(path: string): string[] {
  if (!existsSync(path)) return [];
  if (/\.[a-z]+$/.test(path)) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (NO_INPUT.test(entry.name)) return [];
    const inner = join(path, entry.name);
    if (entry.isDirectory()) return filesIn(inner);
    return entry.isFile() ? [inner] : [];
  });
}

async function run({ name, folder, command }: Buildable, signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, command(), { cwd: folder, signal, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new BuildError(`${name} could not be built:\n${output.trim().split('\n').slice(-20).join('\n')}`);
}
