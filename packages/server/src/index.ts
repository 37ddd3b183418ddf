export { type RunningServer, runServer } from './server.ts';
export { createSignInLink } from './setup/sign-in-link.ts';
