/** Vitest globalSetup: the documentation that the server has is the one of these texts. */
import { buildDocsSite } from '../packages/cli/src/dev/docs-site.ts';

export default async function setup(): Promise<void> {
  await buildDocsSite(new AbortController().signal);
}
