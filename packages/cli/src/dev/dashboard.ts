/** Builds the dashboard when something it is made of has changed since the last build. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Built, buildWhenChanged } from './build-when-changed.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Packages whose sources are bundled with it (architecture.md). */
const BUNDLED = ['core', 'contract', 'sdk'];

/** @throws BuildError */
export const buildDashboard = (signal: AbortSignal, repository: string = ROOT): Promise<Built> => {
  const folder = join(repository, 'packages', 'dashboard');
  return buildWhenChanged(
    {
      name: 'The dashboard',
      repository,
      folder,
      inputs: [
        folder,
        ...BUNDLED.map((name) => join(repository, 'packages', name, 'src')),
        join(repository, 'package-lock.json'),
      ],
      command: () => {
        const vite = createRequire(join(folder, 'package.json')).resolve('vite/package.json');
        return [join(dirname(vite), 'bin', 'vite.js'), 'build', '--logLevel', 'warn'];
      },
    },
    signal,
  );
};
