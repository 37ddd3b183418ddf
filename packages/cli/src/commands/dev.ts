import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EmbeddedPostgresError, makeDataFolder, takeFolderLock } from '@countersign/server/embedded';
import { readSetting } from '@countersign/server/config';
import { type Command, type Options, UsageError } from '../command.ts';
import { BuildError } from '../dev/build-when-changed.ts';
import { readDevFile } from '../dev/dev-file.ts';
import { portHolder, reservePort } from '../dev/port.ts';
import { endEarlierServer, runDev } from '../dev/run.ts';
import { ServerStartError } from '../dev/server-process.ts';
import { openTerminal } from '../dev/terminal.ts';

const HOST = '127.0.0.1';
/** What can be wrong with the machine, not with the program: told in a sentence, without a stack. */
const EXPECTED = [EmbeddedPostgresError, ServerStartError, BuildError];

const OPTIONS = {
  port: { type: 'string' },
  'data-dir': { type: 'string', default: '.countersign' },
  demo: { type: 'boolean', default: false },
} as const satisfies Options;

export const devCommand: Command = {
  usage: 'dev [--port 4400] [--data-dir .countersign] [--demo]',
  summary:
    'Runs everything on this machine, for this machine only, with a database of its own. --demo loads an example.',
  options: OPTIONS,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: OPTIONS,
    });
    const wanted = wantedPort(values.port);
    const dataDir = resolve(values['data-dir']);
    const terminal = openTerminal();
    makeDataFolder(dataDir);
    // The port comes after the lock: "already running" says more than "the port is taken".
    const lock = takeFolderLock(join(dataDir, 'lock'), wanted === 0 ? null : `http://localhost:${wanted}`);
    if (!lock.taken) {
      const { pid } = lock.holder;
      const running = readDevFile(dataDir);
      const url = running.pid === pid ? running.url : lock.holder.url;
      terminal.problem(
        `Countersign is already running on ${dataDir}: pid ${pid}${url ? `, ${url}` : ''}. Stop it, or choose another folder with --data-dir.`,
      );
      return 1;
    }
    try {
      await endEarlierServer(dataDir, terminal);
      const port = await reservePort(HOST, wanted);
      if (port === null) {
        const holder = portHolder(wanted);
        terminal.problem(
          `Port ${wanted} is taken${holder ? ` by ${holder}` : ''}. Choose another: countersign dev --port ${wanted + 1}`,
        );
        return 1;
      }
      return await runDev({ dataDir, port, host: HOST, demo: values.demo, terminal });
    } catch (error) {
      if (!EXPECTED.some((kind) => error instanceof kind)) throw error;
      terminal.problem((error as Error).message);
      return 1;
    } finally {
      lock.release();
    }
  },
};

/** --port, else COUNTERSIGN_PORT, else the default of both. */
function wantedPort(option: string | undefined): number {
  const env = option === undefined ? process.env : { COUNTERSIGN_PORT: option };
  const setting = readSetting(env, 'dev', 'COUNTERSIGN_PORT');
  if (setting.ok) return Number(setting.value);
  throw new UsageError(`${option === undefined ? 'COUNTERSIGN_PORT' : '--port'} ${setting.reason}`);
}
