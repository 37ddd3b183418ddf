import type { Command } from './command.ts';

/** Loaded when they are called: `verify` runs where nothing is installed. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import('./commands/dev.ts')).devCommand,
  start: async () => (await import('./commands/start.ts')).startCommand,
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand,
  config: async () => (await import('./commands/config.ts')).configCommand,
  ask: async () => (await import('./commands/ask.ts')).askCommand,
  wait: async () => (await import('./commands/wait.ts')).waitCommand,
  list: async () => (await import('./commands/list.ts')).listCommand,
  decide: async () => (await import('./commands/decide.ts')).decideCommand,
  watch: async () => (await import('./commands/watch.ts')).watchCommand,
  gateway: async () => (await import('./commands/gateway.ts')).gatewayCommand,
  hook: async () => (await import('./commands/hook.ts')).hookCommand,
  mcp: async () => (await import('./commands/mcp.ts')).mcpCommand,
  policy: async () => (await import('./commands/policy.ts')).policyCommand,
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  'sign-in-link': async () => (await import('./commands/sign-in-link.ts')).signInLinkCommand,
  'rotate-secret': async () => (await import('./commands/rotate-secret.ts')).rotateSecretCommand,
  'rotate-signing-key': async () => (await import('./commands/rotate-signing-key.ts')).rotateSigningKeyCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
};
