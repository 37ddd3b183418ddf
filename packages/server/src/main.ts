/** The server as a child of `countersign dev`: settings from the environment, word over IPC when it is ready. */
import { migrate } from '@countersign/store';
import { readConfig } from './config.ts';
import { runServer } from './server.ts';
import { startDemo } from './setup/demo.ts';
import { ensureDevWorkspace } from './setup/dev-workspace.ts';
import { makeSignInLink } from './setup/sign-in-link.ts';

const read = readConfig(process.env, 'dev');
if (!read.ok) {
  for (const { name, reason } of read.problems) console.error(`${name}: ${reason}`);
  process.exit(1);
}
const { config } = read;
if (config.demo) config.allowCidrs.push('127.0.0.0/8'); // the demo's model and tools; our own port stays denied

if (config.migrate) await migrate(config.databaseUrl, (line) => console.log(line));
const server = await runServer(config);
const workspace = await ensureDevWorkspace(server.engine.api, config.devKeys);
const demo = config.demo ? await startDemo(server.url, workspace.agentKey) : null;

let isStopping = false;
const stop = async (): Promise<void> => {
  if (isStopping) return;
  isStopping = true;
  await server.stop();
  await demo?.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
// Whoever started us is gone: nobody would ever stop us.
if (config.exitWithParent) process.on('disconnect', () => void stop());

process.send?.({
  type: 'ready',
  url: server.url,
  agent_key: workspace.agentKey,
  reviewer_key: workspace.reviewerKey,
  owner_sign_in_url: await makeSignInLink(server.engine.api, server.url, {
    workspaceId: workspace.workspaceId,
    personId: workspace.ownerId,
  }),
  workspace_id: workspace.workspaceId,
  lines: demo?.lines ?? [],
});
