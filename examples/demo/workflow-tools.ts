/** The tools that the workflow templates call beside the shop's: posts, accounts, settings and records, in memory. */
import type { RouteInput, Routes } from '@countersign/contract';
import type { Json, JsonObject } from '@countersign/core';
import type { Outcome } from './tools.ts';

const POSTS: Readonly<Record<string, JsonObject>> = {
  'post-1': { author: 'lampfan42', text: 'Buy cheap pills at my page!!!', reports: 9, score: 0.97 },
  'post-2': { author: 'jo', text: 'The brass one is ugly and so is whoever buys it.', reports: 3, score: 0.55 },
  'post-3': { author: 'marta', text: 'Mine arrived in two days, very happy.', reports: 1, score: 0.04 },
};

const accounts = new Map<string, JsonObject>([
  ['acc-7', { name: 'Jonas Okafor', email: 'jonas.okafor@example.com', plan: 'trade' }],
]);
const settings = new Map<string, Json>([['checkout.timeout_ms', 2500]]);
const records = new Map<string, number>([
  ['customer-4711/shop', 12],
  ['customer-4711/newsletter', 1],
  ['customer-4711/support', 4],
]);

const ok = (body: Json): Outcome => ({ status: 200, body });
const text = (args: JsonObject, name: string): string => (typeof args[name] === 'string' ? args[name] : '');

/** @returns undefined if there is no such tool */
export const carryOutForWorkflow = (tool: string, args: JsonObject): Outcome | undefined => {
  switch (tool) {
    case 'get_post': {
      const post = POSTS[text(args, 'post_id')];
      return post ? ok({ post_id: text(args, 'post_id'), ...post }) : { status: 404, body: { error: 'no such post' } };
    }
    case 'hide_post':
      return ok({ post_id: args['post_id'] ?? null, hidden: true, rule: args['rule'] ?? null });
    case 'get_account': {
      const account = accounts.get(text(args, 'account_id'));
      return account ? ok(account) : { status: 404, body: { error: 'no such account' } };
    }
    case 'change_account': {
      const changed = { ...accounts.get(text(args, 'account_id')), ...(args['changes'] as JsonObject) };
      accounts.set(text(args, 'account_id'), changed);
      return ok({ changed: true, account: changed });
    }
    case 'get_config':
      return ok({ setting: text(args, 'setting'), value: settings.get(text(args, 'setting')) ?? null, errors: 0 });
    case 'apply_config':
      settings.set(text(args, 'setting'), args['value'] ?? null);
      return ok({ applied: true, where: args['where'] ?? null });
    case 'count_records':
      return ok({
        system: args['system'] ?? null,
        records: records.get(`${text(args, 'subject')}/${text(args, 'system')}`) ?? 0,
      });
    case 'delete_records': {
      const key = `${text(args, 'subject')}/${text(args, 'system')}`;
      const deleted = records.get(key) ?? 0;
      records.delete(key);
      return ok({ system: args['system'] ?? null, deleted });
    }
    default:
      return undefined;
  }
};

const READS = { read_only: true, destructive: false, idempotent: true, open_world: false };
const CHANGES = { read_only: false, destructive: false, idempotent: true, open_world: false };
const DESTROYS = { ...CHANGES, destructive: true };

const object = (properties: Record<string, object>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const string = { type: 'string', minLength: 1 };

/** As they are defined in the workspace. */
export const workflowToolsAt = (url: string): RouteInput<Routes['createTool']>['body'][] => {
  const tool = (name: string, description: string, properties: Record<string, object>, annotations: typeof READS) => ({
    name,
    description,
    parameters: object(properties),
    annotations,
    http: { url: `${url}/${name}` },
  });
  return [
    tool('get_post', 'A post with its reports and its score.', { post_id: string }, READS),
    tool('hide_post', 'Hides a post; it can be shown again.', { post_id: string, rule: string }, CHANGES),
    tool('get_account', 'A customer’s account.', { account_id: string }, READS),
    tool('change_account', 'Changes an account.', { account_id: string, changes: { type: 'object' } }, CHANGES),
    tool('get_config', 'A setting as it is, and the errors since it changed.', { setting: string }, READS),
    tool(
      'apply_config',
      'Puts a setting on machines.',
      { setting: string, value: {}, where: { type: 'string', enum: ['canary', 'all'] } },
      CHANGES,
    ),
    tool('count_records', 'How many records a system has of somebody.', { subject: string, system: string }, READS),
    tool('delete_records', 'Deletes them, for good.', { subject: string, system: string }, DESTROYS),
  ];
};
