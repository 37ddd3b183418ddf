/** `<data-dir>/dev.json`: where a running `countersign dev` is found, and with which keys. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As in the file, which other programs read: snake_case. */
export type DevFile = {
  url: string;
  agent_key: string;
  reviewer_key: string;
  owner_sign_in_url: string;
  database_url: string;
  workspace_id: string;
  /** Of `countersign dev` itself; null when it was stopped. The keys stay good for its next run. */
  pid: number | null;
  /** Null while the process is being started again, or when the database is somebody else's. */
  processes: { server: number | null; postgres: number | null };
};

function devFilePath(dataDir: string): string {
  return join(dataDir, 'dev.json');
}

/** What an earlier run wrote, as far as it can be read. */
export function readDevFile(dataDir: string): Partial<DevFile> {
  try {
    const content: unknown = JSON.parse(readFileSync(devFilePath(dataDir), 'utf8'));
    return typeof content === 'object' && content !== null ? content : {};
  } catch {
    return {};
  }
}

/** Replaces the file in one step: a reader sees the old content or the new. It holds keys, so only its owner may read it. */
export function writeDevFile(dataDir: string, content: DevFile): void {
  const draft = `${devFilePath(dataDir)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, devFilePath(dataDir));
}
