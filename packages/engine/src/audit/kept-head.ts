/**
 * The last signed checkpoint of each log, kept outside of the database: a folder with a file for each workspace, so that a
 * database that was restored to an earlier moment is recognised (trust.md, T57). Each file is a signed note as it stands:
 * `countersign verify --checkpoint` takes it.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, parseCheckpoint, parseNote } from '@countersign/core';

export type KeptHeads = {
  /** @throws if there is a file that is no checkpoint: better nothing is signed than something inconsistent */
  readonly read: (workspaceId: string) => Promise<Checkpoint | undefined>;
  readonly write: (workspaceId: string, note: string) => Promise<void>;
};

/** What a note says, whoever signed it. @throws if it is none */
export const checkpointOf = (note: string): Checkpoint => {
  const parsed = parseNote(note);
  if (!parsed.ok) throw new Error(`the checkpoint ${parsed.refusal}`);
  const checkpoint = parseCheckpoint(parsed.value.text);
  if (!checkpoint.ok) throw new Error(`it ${checkpoint.refusal}`);
  return checkpoint.value;
};

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

export const keptHeads = (folder: string): KeptHeads => {
  const fileOf = (workspaceId: string): string => join(folder, `${workspaceId}.checkpoint`);
  return {
    read: async (workspaceId) => {
      const note = await readFile(fileOf(workspaceId), 'utf8').catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
      return note === undefined ? undefined : checkpointOf(note);
    },
    write: async (workspaceId, note) => {
      await mkdir(folder, { recursive: true });
      // Renamed into place, so that no reader ever sees half a note.
      const whole = `${fileOf(workspaceId)}.${process.pid}.new`;
      await writeFile(whole, note);
      await rename(whole, fileOf(workspaceId));
    },
  };
};

/** Where no folder is set: a restored database is then not recognised by a process that has just started. */
export const NO_KEPT_HEADS: KeptHeads = { read: async () => undefined, write: async () => undefined };
