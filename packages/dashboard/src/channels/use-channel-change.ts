import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';

/** A change of channels or deliveries, after which both are asked again. */
export const useChannelChange = <V, A>(
  act: (input: V) => Promise<A>,
  done?: (answer: A) => void,
): UseMutationResult<A, Error, V> => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async (answer) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['channels'] }),
        client.invalidateQueries({ queryKey: ['deliveries'] }),
      ]);
      done?.(answer);
    },
  });
};
