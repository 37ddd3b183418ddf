/** A CycloneDX 1.6 bill of materials from the lockfile: same lockfile, same bytes (no clock, no random serial). */
import { createHash } from 'node:crypto';
import { type Locked, type Lockfile, nameAt, needsOf, own, shipped } from './lockfile.ts';

type Component = Readonly<Record<string, unknown>> & { readonly 'bom-ref': string };

const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;

/** `sha512-<base64>` → SHA-512 in hexadecimal. */
const hashesOf = (integrity: string): { alg: string; content: string }[] =>
  integrity
    .split(' ')
    .filter((each) => each.startsWith('sha512-'))
    .map((each) => ({ alg: 'SHA-512', content: Buffer.from(each.slice('sha512-'.length), 'base64').toString('hex') }));

const licensesOf = (license: string): object[] =>
  / (AND|OR|WITH) /.test(license) ? [{ expression: license }] : [{ license: { id: license } }];

const componentOf = (path: string, entry: Locked): Component => {
  const name = nameAt(path);
  const [group, rest] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const version = entry.version ?? '';
  return {
    type: 'library',
    'bom-ref': path,
    ...(group === undefined ? {} : { group }),
    name: rest ?? name,
    version,
    scope: entry.optional === true ? 'optional' : 'required',
    ...(entry.integrity === undefined ? {} : { hashes: hashesOf(entry.integrity) }),
    ...(entry.license === undefined ? {} : { licenses: licensesOf(entry.license) }),
    purl: purlOf(name, version),
  };
};

/** A UUID of the content's own, as the format wants one (RFC 9562, version 8). */
const serialOf = (text: string): string => {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** What is installed where the product runs, with what needs what. */
export const cycloneDx = (lockfile: Lockfile): object => {
  const root = lockfile.packages[''];
  const folders = own(lockfile);
  const ownComponents = folders.map((path): Component => {
    const { version = '' } = lockfile.packages[path] ?? {};
    const name = path.replace('packages/', '@countersign/');
    return { type: 'library', 'bom-ref': path, name, version, licenses: [{ license: { id: 'Apache-2.0' } }] };
  });
  const components = shipped(lockfile)
    .map(([path, entry]) => componentOf(path, entry))
    .toSorted((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  const all = [...ownComponents, ...components];
  const known = new Set(all.map((component) => component['bom-ref']));
  const dependencies = [
    { ref: 'countersign', dependsOn: folders },
    ...[...known].map((ref) => ({ ref, dependsOn: needsOf(lockfile, ref) })),
  ];
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serialOf(JSON.stringify(all)),
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': 'countersign',
        name: 'countersign',
        version: root?.version ?? '0.0.0',
        licenses: [{ license: { id: 'Apache-2.0' } }],
      },
    },
    components: all,
    dependencies,
  };
};
