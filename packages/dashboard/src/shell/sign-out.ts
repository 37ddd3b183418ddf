import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { call } from '../api.ts';
import { announce } from '../ui/announce.ts';
import { errorLine } from '../ui/states.tsx';

export const useSignOut = (): (() => Promise<void>) => {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    try {
      await call('signOut', {});
    } catch (error) {
      announce(`Not signed out. ${errorLine(error)}`);
      return;
    }
    await navigate({ to: '/sign-in' });
    client.clear();
  };
};
