import { expect, test } from 'vitest';
import { ConfigError, readGatewayConfig } from './config.ts';

const read = (mcpServers: object, environment: NodeJS.ProcessEnv = {}) =>
  readGatewayConfig(JSON.stringify({ mcpServers }), environment);

test('takes servers as MCP clients write them, with secrets from the environment', () => {
  const { mcpServers } = read(
    {
      files: { command: 'npx', args: ['x'] },
      shop: { url: 'https://shop.example/mcp', headers: { authorization: 'Bearer ${TOKEN}' } },
    },
    { TOKEN: 'secret' },
  );
  expect(mcpServers['files']).toMatchObject({ command: 'npx', args: ['x'], trusted: false });
  expect(mcpServers['shop']?.headers).toEqual({ authorization: 'Bearer secret' });
});

test('names what is wrong, and where', () => {
  const cases: [object, string][] = [
    [{}, 'names no server'],
    [{ a: {} }, 'mcpServers.a'],
    [{ a: { command: 'x', url: 'https://x.example' } }, 'one of both'],
    [{ a: { command: 'x', trust: true } }, 'trust'],
    [{ 'a b': { command: 'x' } }, 'a b'],
    [{ a: { command: 'x', env: { K: '${NOT_THERE}' } } }, '${NOT_THERE}'],
  ];
  for (const [servers, message] of cases) {
    expect(() => read(servers)).toThrow(ConfigError);
    expect(() => read(servers)).toThrow(message);
  }
  expect(() => readGatewayConfig('{', {})).toThrow('no JSON');
});
