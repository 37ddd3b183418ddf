/** What `package-lock.json` says of each package: the one source for the SBOM and for the tests of the supply chain. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Locked = {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
};

export type Lockfile = { readonly packages: Readonly<Record<string, Locked>> };

export const readLockfile = (root: string): Lockfile =>
  JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile;

/** `node_modules/a/node_modules/@b/c` → `@b/c` */
export const nameAt = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Packages from elsewhere, each with its place: neither our own workspaces nor the links to them. */
export const foreign = ({ packages }: Lockfile): [string, Locked][] =>
  Object.entries(packages).filter(([path, entry]) => path.includes('node_modules/') && entry.link !== true);

/** Our own packages, by their folders. */
export const own = ({ packages }: Lockfile): string[] =>
  Object.keys(packages)
    .filter((path) => path.startsWith('packages/') && !path.includes('node_modules'))
    .toSorted();

/** Where Node finds a package that one at `from` asks for: beside it, or in a folder above. */
const resolve = ({ packages }: Lockfile, from: string, name: string): string | undefined => {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/'), 0))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    const found = packages[path];
    if (found) return found.link === true ? found.resolved : path;
    if (folder === '') return undefined;
  }
};

/** The places of what the package at `path` needs at run time. */
export const needsOf = (lockfile: Lockfile, path: string): string[] => {
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = lockfile.packages[path] ?? {};
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => peerDependenciesMeta?.[name]?.optional !== true);
  const names = [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
  return [...new Set(names.flatMap((name) => resolve(lockfile, path, name) ?? []))].toSorted();
};

/** Foreign packages that are installed where the product runs: what ours need, and what those need in turn. */
export const shipped = (lockfile: Lockfile): [string, Locked][] => {
  const reached = new Set(own(lockfile));
  for (const path of reached) for (const next of needsOf(lockfile, path)) reached.add(next);
  return foreign(lockfile).filter(([path]) => reached.has(path));
};
