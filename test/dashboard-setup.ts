/** Vitest globalSetup of the browser project: the dashboard that Chromium opens is the one of these sources. */
import { buildDashboard } from '../packages/cli/src/dev/dashboard.ts';

export default async function setup(): Promise<void> {
  await buildDashboard(new AbortController().signal);
}
