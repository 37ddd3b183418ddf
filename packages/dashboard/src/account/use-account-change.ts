import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { sessionQuery } from '../session.ts';

/** A change of one's own account, after which it and what the session may do are asked again. */
export const useAccountChange = <V, A>(
  act: (input: V) => Promise<A>,
  done?: (answer: A) => void,
): UseMutationResult<A, Error, V> => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async (answer) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['account'] }),
        client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
      ]);
      done?.(answer);
    },
  });
};
