import './styles/app.css';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiProblem, isProblem } from './api.ts';
import { startHotkeys } from './keys/hotkeys.ts';
import { createAppRouter } from './router.tsx';
import { startWorker } from './worker.ts';
import { readSignIn } from './search.ts';

/** The session ended, wherever that was noticed: sign in, and come back to where one was. */
const leaveOn401 = (error: unknown): void => {
  if (!isProblem(error) || error.status !== 401 || location.pathname === '/sign-in') return;
  void router.navigate({ to: '/sign-in', search: readSignIn({ return: `${location.pathname}${location.search}` }) });
};

const client = new QueryClient({
  queryCache: new QueryCache({ onError: leaveOn401 }),
  mutationCache: new MutationCache({ onError: leaveOn401 }),
  defaultOptions: {
    queries: {
      // A refusal will not change by asking again; a lost connection or a server's hiccup may.
      retry: (count, error) =>
        error instanceof ApiProblem && error.status < 500 && error.status !== 429 ? false : count < 3,
      retryDelay: (attempt) => Math.min(8000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2),
      refetchOnWindowFocus: true,
      staleTime: 2000,
    },
  },
});

const router = createAppRouter(client);
startHotkeys();
startWorker();

const element = document.getElementById('root');
if (element === null) throw new Error('index.html has no #root');
createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
