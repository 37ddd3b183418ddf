/** Vitest globalSetup of the browser project: the dashboard that Chromium opens is the one of these sources. */
import chromium from '@sparticuz/chromium';
import { buildDashboard } from '../packages/cli/src/dev/dashboard.ts';

export default async function setup(): Promise<void> {
  // Unpacked once, before the first file looks for it.
  await chromium.executablePath();
  await buildDashboard(new AbortController().signal);
}
