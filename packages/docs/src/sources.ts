/** Which texts of the repository are pages of the site, and under which addresses. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A text of the repository that is a page. */
export type Source = {
  /** From the root of the repository, with slashes. */ readonly file: string;
  /** Address in the site, without its ending: `guide/policies`. */ readonly path: string;
  readonly text: string;
};

/** Where the list of pages by section stands, which is the first page as well. */
export const CONTENTS = 'docs/README.md';

const SINGLE: Readonly<Record<string, string>> = {
  [CONTENTS]: 'index',
  'docs/glossary.md': 'glossary',
  'ARCHITECTURE.md': 'architecture',
  'CHANGELOG.md': 'changelog',
  'CONTRIBUTING.md': 'contributing',
  'SECURITY.md': 'security',
  'bench/README.md': 'measurements',
  'clients/python/README.md': 'clients/python',
  'packages/sdk/README.md': 'clients/typescript',
  'packages/adapters/README.md': 'frameworks/index',
};

const FOLDERS: Readonly<Record<string, string>> = {
  'docs/guide': 'guide',
  'docs/reference': 'reference',
  'docs/spec': 'spec',
  'docs/security': 'security',
  'docs/adr': 'decisions',
};

/** Each folder of it is a framework, whose README is a page. */
const ADAPTERS = 'packages/adapters/src';

const found = (): [string, string][] => [
  ...Object.entries(SINGLE),
  ...Object.entries(FOLDERS).flatMap(([folder, path]) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .toSorted()
      .map((name): [string, string] => [`${folder}/${name}`, `${path}/${name.slice(0, -3)}`]),
  ),
  ...readdirSync(join(ROOT, ADAPTERS), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }): [string, string] => [`${ADAPTERS}/${name}/README.md`, `frameworks/${name}`])
    .toSorted(),
];

/** Every page that is written by hand or by `npm run generate`, by its file. */
export const readSources = (): ReadonlyMap<string, Source> =>
  new Map(
    found()
      .filter(([file]) => existsSync(join(ROOT, file)))
      .map(([file, path]) => [file, { file, path, text: readFileSync(join(ROOT, file), 'utf8') }]),
  );

export const titleOf = ({ text, file }: Source): string => /^# (.+)$/m.exec(text)?.[1] ?? file;
