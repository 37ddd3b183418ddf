/** Makes the pages of the documentation when a text, the contract or a client has changed since the last time. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Built, buildWhenChanged } from './build-when-changed.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Beside the package itself: texts, what the reference is made from, and the dashboard's colours. */
const INPUTS = [
  'docs',
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'bench/README.md',
  'clients/python/README.md',
  'clients/python/src/countersign/_api/operations.py',
  'packages/adapters',
  'packages/sdk',
  'packages/contract/src',
  'packages/dashboard/src/styles',
  'package-lock.json',
];

/** @throws BuildError */
export const buildDocsSite = (signal: AbortSignal, repository: string = ROOT): Promise<Built> => {
  const folder = join(repository, 'packages', 'docs');
  return buildWhenChanged(
    {
      name: 'The documentation',
      repository,
      folder,
      inputs: [folder, ...INPUTS.map((path) => join(repository, path))],
      command: () => [join(folder, 'src', 'main.ts')],
    },
    signal,
  );
};
