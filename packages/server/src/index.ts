export { type RunningServer, runServer } from './server.ts';
export { rotateSecret } from './setup/rotate-secret.ts';
export { rotateSigningKey } from './setup/rotate-signing-key.ts';
export { createSignInLink } from './setup/sign-in-link.ts';
