import type { Account } from './account.ts';

/** What PostgreSQL's programs need of our environment; secrets and PG* variables are kept from them. */
const PASSED_ON = ['PATH', 'SystemRoot', 'windir', 'TEMP', 'TMP', 'TMPDIR'] as const;

export type RunAs = { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number };

/** Options for node:child_process that run a program as the database's account, in the folder given. */
export function runAs(account: Account | null, cwd: string): RunAs {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C', TZ: 'UTC' };
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return { cwd, env, ...account };
}

/**
 * How a program that runs in its data folder names that folder. Under root on Linux it is reached
 * through the process's own working directory: Node enters the folder before it gives up root, so
 * this works below folders that the account could not walk through (such as /root, mode 0700).
 */
export function dataFolderArgument(folder: string, account: Account | null): string {
  return account && process.platform === 'linux' ? '/proc/self/cwd' : folder;
}
