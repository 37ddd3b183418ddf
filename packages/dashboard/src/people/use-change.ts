import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { newIdempotencyKey } from '../idempotency.ts';

/** A change of the workspace's people, after which all of it is asked again. The key makes a lost answer safe to repeat. */
export const useChange = <V, A>(
  act: (input: V, key: string) => Promise<A>,
  done?: () => void,
): UseMutationResult<A, Error, V> => {
  const client = useQueryClient();
  const key = useRef(newIdempotencyKey());
  return useMutation({
    mutationFn: (input: V) => act(input, key.current),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['people'] });
      done?.();
    },
    onSettled: () => {
      key.current = newIdempotencyKey();
    },
  });
};
