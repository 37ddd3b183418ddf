import { createSecretBox } from '@countersign/engine';
import { type Resealed, resealColumns } from '@countersign/store';
import type { Config } from '../config.ts';
import { SEALED_ANSWERS, answerContext } from '../http/sealed-answers.ts';

export type SecretRotation = {
  readonly columns: readonly Resealed[];
  /** Whether something was sealed under the old secret meanwhile: a server runs that does not know of the new one. */
  readonly isOldInUse: boolean;
};

/** Seals everything that is stored sealed under the present secret. What it counts as unreadable opens with neither. */
export const rotateSecret = async (
  config: Pick<Config, 'databaseUrl' | 'secret' | 'secretPrevious'>,
): Promise<SecretRotation> => {
  const box = createSecretBox(config.secret, config.secretPrevious);
  const contexts = [...SEALED_ANSWERS].map(answerContext);
  const walk = (): Promise<Resealed[]> =>
    resealColumns(config.databaseUrl, box.head, contexts, (sealed, candidates) => {
      for (const [index, context] of candidates.entries()) {
        try {
          return box.seal(box.open(sealed, context), context);
        } catch (error) {
          if (index === candidates.length - 1) throw error;
        }
      }
      throw new Error('there is no context');
    });
  const columns = await walk();
  const again = await walk();
  return { columns, isOldInUse: again.some(({ resealed }) => resealed > 0) };
};
