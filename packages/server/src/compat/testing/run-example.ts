/** Runs examples of published APIs as they are written: with curl, Node's fetch, or Python. */
import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const succeeds = (command: string, args: readonly string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

export const hasPython = succeeds('python3', ['--version']);
export const hasCurl = succeeds('curl', ['--version']);

const STAND_IN = fileURLToPath(new URL('./python', import.meta.url));

export type Language = 'curl' | 'javascript' | 'python';

const commandOf = (language: Language, text: string): readonly [string, readonly string[]] => {
  if (language === 'curl') return ['bash', ['-euc', text.replaceAll(/\bcurl /g, 'curl -sS ')]];
  if (language === 'javascript') return [process.execPath, ['--input-type=module', '-e', text]];
  return ['python3', ['-c', text]];
};

/** What an example prints. @throws if it fails */
export const runExample = async (
  language: Language,
  text: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const [command, args] = commandOf(language, text);
  // The package itself where it is installed.
  const own = language === 'python' && !succeeds('python3', ['-c', 'import requests']) ? { PYTHONPATH: STAND_IN } : {};
  const { stdout } = await run(command, args, { env: { ...process.env, ...own, ...environment }, timeout: 60_000 });
  return stdout;
};
