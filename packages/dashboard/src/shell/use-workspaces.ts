import { useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../api.ts';

/** The workspaces one can go into, and how: the session is replaced, so everything is read anew. */
export const useWorkspaces = () => {
  const client = useQueryClient();
  const workspaces =
    useQuery({
      queryKey: ['workspaces'],
      queryFn: async ({ signal }) => (await call('listWorkspaces', {}, { signal })).data,
    }).data ?? [];
  const enter = async (id: string): Promise<void> => {
    await call('switchWorkspace', { body: { workspace_id: id } });
    client.clear();
    location.assign('/inbox');
  };
  return { workspaces, enter };
};
