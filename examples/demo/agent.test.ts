import { routes } from '@countersign/contract';
import { type JsonObject, rejectedWords } from '@countersign/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DemoDefinition, type DemoServices, demoDefinition, startDemoServices } from './agent.ts';

let services: DemoServices;
let demo: DemoDefinition;
beforeEach(async () => {
  services = await startDemoServices();
  demo = demoDefinition(services);
});
afterEach(() => services.close());

type Message = { role: string; content: string | null; tool_call_id?: string; tool_calls?: ToolCall[] };
type ToolCall = { id: string; function: { name: string; arguments: string } };
type Decision = { edit: JsonObject } | { reject: string } | 'approve';

const callTool = async (name: string, args: JsonObject, key: string): Promise<string> => {
  const tool = demo.tools.find((each) => each.name === name);
  if (!tool?.http) throw new Error(`no tool ${name}`);
  const response = await fetch(tool.http.url, {
    method: 'POST',
    headers: { 'idempotency-key': key },
    body: JSON.stringify(args),
  });
  return response.text();
};

/** A miniature of the product: runs the agent on an input, with one decision at every refund. */
const run = async (
  input: string,
  decision: Decision,
): Promise<{ calls: [string, JsonObject][]; output: string | null }> => {
  const messages: Message[] = [{ role: 'user', content: input }];
  const calls: [string, JsonObject][] = [];
  for (;;) {
    const response = await fetch(`${services.modelUrl}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'recorded', messages }),
    });
    const { choices } = (await response.json()) as { choices: { message: Message }[] };
    const message = choices[0]?.message;
    if (!message) throw new Error('no answer');
    messages.push(message);
    if (!message.tool_calls) return { calls, output: message.content };
    for (const call of message.tool_calls) {
      const asked = JSON.parse(call.function.arguments) as JsonObject;
      const isRefund = call.function.name === 'issue_refund';
      const answer = async (): Promise<string> => {
        if (isRefund && typeof decision === 'object' && 'reject' in decision) return rejectedWords(decision.reject);
        const args = isRefund && decision !== 'approve' && 'edit' in decision ? { ...asked, ...decision.edit } : asked;
        calls.push([call.function.name, args]);
        return callTool(call.function.name, args, call.id);
      };
      messages.push({ role: 'tool', tool_call_id: call.id, content: await answer() });
    }
  }
};

describe('the demo', () => {
  it('is made of bodies that the API accepts', () => {
    for (const tool of demo.tools) expect(routes.createTool.body.safeParse(tool).error).toBeUndefined();
    expect(routes.createAgent.body.safeParse(demo.agent).error).toBeUndefined();
  });

  it('looks things up, refunds, and tells the customer once the refund is approved', async () => {
    const { calls, output } = await run(demo.input, 'approve');
    expect(calls.map(([name]) => name)).toEqual(['get_order', 'get_refund_policy', 'issue_refund', 'send_email']);
    expect(calls[3]?.[1]['body']).toContain('€189.00');
    expect(output).toContain('on its way');
  });

  it('tells the customer the amount that a reviewer changed it to', async () => {
    const { calls } = await run(demo.input, { edit: { amount: 120 } });
    expect(calls[2]?.[1]['amount']).toBe(120);
    expect(calls[3]?.[1]['body']).toContain('€120.00');
  });

  it('does not claim a refund that was rejected, or that the shop refused', async () => {
    for (const decision of [{ reject: 'The photo is missing' }, { edit: { amount: 4000 } }]) {
      const { calls, output } = await run(demo.input, decision);
      expect(calls.map(([name]) => name)).not.toContain('send_email');
      expect(output).toContain('could not issue the refund');
    }
  });

  it('says what it is where it is told something that was not recorded', async () => {
    expect((await run('What is the meaning of life?', 'approve')).output).toContain('recorded model');
  });

  it('gives the first answer again for a key that it knows, and never more than was paid', async () => {
    const refund = { order_id: 'HL-20418', amount: 200, currency: 'EUR', reason: 'test' };
    const first = await callTool('issue_refund', refund, 'stp_1');
    expect(await callTool('issue_refund', refund, 'stp_1')).toBe(first);
    expect(await callTool('issue_refund', { ...refund, amount: 223.51 }, 'stp_2')).toContain('at most 223.50');
  });

  it('comes back on the port it had, and on another where that is taken', async () => {
    const port = Number(new URL(services.modelUrl).port);
    const other = await startDemoServices({ port });
    expect(new URL(other.modelUrl).port).not.toBe(String(port));
    await other.close();
    await services.close();
    services = await startDemoServices({ port });
    expect(new URL(services.modelUrl).port).toBe(String(port));
  });
});
