import { createSecretBox, createSigning } from '@countersign/engine';
import { openDatabase } from '@countersign/store';
import type { Config } from '../config.ts';

/** Puts a new signing key in the place of the current one. @returns its name (`kid`) */
export const rotateSigningKey = async (
  config: Pick<Config, 'databaseUrl' | 'secret' | 'secretPrevious'>,
  purpose: 'receipt' | 'checkpoint',
): Promise<string> => {
  const database = openDatabase(config.databaseUrl, 'countersign_api', 1);
  try {
    return await createSigning(database, createSecretBox(config.secret, config.secretPrevious)).rotate(purpose);
  } finally {
    await database.close();
  }
};
