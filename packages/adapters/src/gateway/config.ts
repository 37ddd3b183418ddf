/** The file that says which MCP servers stand behind the gateway: `mcpServers`, as MCP clients write it. */
import { z } from 'zod';

const values = z.record(z.string(), z.string());

const Upstream = z
  .strictObject({
    command: z.string().min(1).optional(),
    args: z.array(z.string()).default([]),
    env: values.default({}),
    cwd: z.string().optional(),
    url: z.url().optional(),
    headers: values.default({}),
    trusted: z.boolean().default(false),
  })
  .refine(({ command, url }) => (command === undefined) !== (url === undefined), {
    message: 'has a command (with args, env, cwd) or a url (with headers), one of both',
  });

const Config = z.strictObject({
  mcpServers: z.record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9-]{0,19}$/), Upstream),
  agent_id: z.string().optional(),
});

export type UpstreamConfig = z.infer<typeof Upstream>;
export type GatewayConfig = z.infer<typeof Config>;

/** Secrets stand in the environment, not in the file: `${NAME}` in values of `env` and `headers`. */
const filled = (config: Record<string, string>, environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      value.replaceAll(/\$\{(\w+)\}/g, (whole, variable: string) => {
        const found = environment[variable];
        if (found === undefined) throw new ConfigError(`${whole} is not in the environment.`);
        return found;
      }),
    ]),
  );

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** @throws ConfigError with every fault and its place */
export const readGatewayConfig = (text: string, environment: NodeJS.ProcessEnv): GatewayConfig => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`It is no JSON: ${String(error)}`, { cause: error });
  }
  const read = Config.safeParse(json);
  if (!read.success)
    throw new ConfigError(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  const servers = Object.entries(read.data.mcpServers).map(([name, server]) => [
    name,
    { ...server, env: filled(server.env, environment), headers: filled(server.headers, environment) },
  ]);
  if (servers.length === 0) throw new ConfigError('mcpServers: names no server.');
  return { ...read.data, mcpServers: Object.fromEntries(servers) as GatewayConfig['mcpServers'] };
};
