/** The Claude Agent SDK itself, with its own Claude Code, and the recorded model behind Anthropic's messages API. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Options, createSdkMcpServer, query, tool } from '@anthropic-ai/claude-agent-sdk';
import { gateHooks, humanApproval } from '@countersign/adapters/claude-code';
import { afterAll, describe } from 'vitest';
import { z } from 'zod';
import { type Refunds, type Waiting, waitingCases } from '../../../packages/adapters/src/testing/cases.ts';

const folder = mkdtempSync(join(tmpdir(), 'cs-agent-sdk-'));
mkdirSync(join(folder, 'home'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const said = (text: string) => ({ content: [{ type: 'text' as const, text }] });
const shop = ({ refund, look }: Refunds) =>
  createSdkMcpServer({
    name: 'shop',
    tools: [
      tool('refund', 'Refunds an order', { order: z.string(), cents: z.number() }, async (args) =>
        said(JSON.stringify(refund(args))),
      ),
      tool('look', 'Looks an order up', { order: z.string() }, async (args) => said(look(args))),
    ],
  });

const ONLY = ['mcp__shop__refund'];

const running =
  (gate: (...given: Parameters<Waiting>) => Options): Waiting =>
  async (scene, tools, prompt, given) => {
    const abortController = new AbortController();
    given.signal?.addEventListener('abort', () => abortController.abort());
    let words = '';
    const options: Options = {
      abortController,
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: join(folder, 'home'),
        ANTHROPIC_BASE_URL: new URL(scene.modelUrl).origin,
        ANTHROPIC_API_KEY: 'none',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
      mcpServers: { shop: shop(tools) },
      tools: [],
      settingSources: [],
      ...gate(scene, tools, prompt, given),
    };
    for await (const message of query({ prompt, options }))
      if (message.type === 'result') words = 'result' in message ? message.result : message.subtype;
    return words;
  };

describe('hooks', () => {
  waitingCases(
    running(({ agent }, _tools, _said, { runId }) => ({
      allowedTools: ['mcp__shop__refund', 'mcp__shop__look'],
      hooks: gateHooks(agent, { only: ONLY, runId }),
    })),
    { isSerial: true },
  );
});

describe('canUseTool', () => {
  waitingCases(
    running(({ agent }, _tools, _said, { runId }) => ({ canUseTool: humanApproval(agent, { only: ONLY, runId }) })),
    { isSerial: true, isSilent: true },
  );
});
