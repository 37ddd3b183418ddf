import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

const DATABASE = '**/*.db.test.ts';
const BROWSER = '**/*.browser.test.ts';

/** Too large for everybody's install: tested where somebody did (`npm run frameworks`). */
const FRAMEWORKS = 'examples/frameworks';
const NOT_INSTALLED = existsSync(join(import.meta.dirname, FRAMEWORKS, 'node_modules')) ? [] : [`${FRAMEWORKS}/**`];

/** Three projects, run one after the other (groupOrder): quick ones first, Chromium last and alone. More files at a time were no faster on two cores. */
export default defineConfig({
  test: {
    watch: false,
    setupFiles: ['test/seed.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/**/*.test.{ts,tsx}',
            'test/**/*.test.ts',
            'tools/**/*.test.ts',
            'examples/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, ...NOT_INSTALLED, DATABASE, BROWSER],
          // A machine that does many things at once is slow, and not wrong.
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'database',
          include: [DATABASE],
          exclude: [...configDefaults.exclude, ...NOT_INSTALLED],
          globalSetup: ['test/database-setup.ts', 'test/docs-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // Real clocks, real processes, real load: a second try tells a slow machine from a wrong answer, and is told in the output.
          retry: 1,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: [BROWSER],
          globalSetup: ['test/database-setup.ts', 'test/dashboard-setup.ts', 'test/docs-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          retry: 1,
          // A page that is on its way, on a machine that has much else to do.
          expect: { poll: { timeout: 15_000 } },
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
