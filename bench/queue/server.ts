import { runServer } from '@countersign/server';
import { testConfig } from '@countersign/server/testing';

/** The server in this process; the browser is another, and only its times are measured. */
export const startOwnServer = async (
  databaseUrl: string,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> => {
  const running = await runServer(testConfig(databaseUrl));
  return { url: `http://127.0.0.1:${running.port}`, stop: running.stop };
};
