/** Comments, questions with forms, many at once, what is alike, and whose queue it is. */
import type { WireApproval } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, type Who, addPerson, startTestServer } from '../testing/index.ts';

let app: TestApp;
type Approval = WireApproval & { code: string; errors?: { pointer: string }[] };
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const ask = async (body: object): Promise<Approval> => {
  const answer = await app.call<Approval>(app.one.keys.asking, 'POST', '/v1/approvals', body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body;
};
const approver = (): Who => app.one.people.approver;
const decide = ({ id, digest }: Approval, body: object, who = approver()) =>
  app.call<Approval>(who, 'POST', `/v1/approvals/${id}/decide`, { decision: 'approved', digest, ...body });

test('what people and the asker say to each other stays with the request, in order', async () => {
  const approval = await ask({ title: 'Deploy' });
  const say = (who: Who, body: string, is_question = false) =>
    app.call(who, 'POST', `/v1/approvals/${approval.id}/comments`, { body, is_question });
  await say(approver(), 'Which version?', true);
  await say(app.one.keys.asking, '1.2.3');
  const { body } = await app.call<{ data: { author: { kind: string }; body: string; is_question: boolean }[] }>(
    approver(),
    'GET',
    `/v1/approvals/${approval.id}/comments`,
  );
  expect(body.data.map(({ author, body: text, is_question }) => [author.kind, text, is_question])).toEqual([
    ['person', 'Which version?', true],
    ['key', '1.2.3', false],
  ]);
  expect((await say(app.two.people.approver, 'from elsewhere')).status).toBe(404);
  expect((await say(approver(), '')).status).toBe(422);
});

test('a question is answered by what fits its form, and only by that', async () => {
  const question = {
    type: 'object',
    properties: { colour: { enum: ['red', 'blue'] } },
    required: ['colour'],
    additionalProperties: false,
  };
  const asked = await ask({ title: 'Which colour?', question });
  expect(asked).toMatchObject({ kind: 'question', response_schema: question });
  expect((await decide(asked, {})).body.errors?.[0]?.pointer).toBe('/response');
  expect((await decide(asked, { response: { colour: 'green' } })).body.errors?.[0]?.pointer).toBe('/response/colour');
  expect((await decide(asked, { response: { colour: 'red' } })).body).toMatchObject({
    status: 'approved',
    decision: { response: { colour: 'red' } },
  });
  expect((await decide(await ask({ title: 'No question' }), { response: 1 })).body.errors?.[0]?.pointer).toBe(
    '/response',
  );
  expect((await decide(await ask({ title: 'Again?', question }), { decision: 'rejected' })).body.status).toBe(
    'rejected',
  );
});

test('T21: many at once: each has its own outcome, and the wrong ones lose none of the others', async () => {
  const [yes, no, high, stale, decided, unseen] = await Promise.all([
    ask({ title: 'Yes' }),
    ask({ title: 'No' }),
    ask({ title: 'High', priority: 'high' }),
    ask({ title: 'Stale' }),
    ask({ title: 'Decided' }),
    ask({ title: 'Unseen' }),
  ]);
  await decide(decided, {});
  const items = [
    { id: yes.id, decision: 'approved', digest: yes.digest },
    { id: 'apr_unknown', decision: 'approved', digest: 'x' },
    { id: no.id, decision: 'rejected', digest: no.digest, reason: 'no' },
    { id: high.id, decision: 'approved', digest: high.digest },
    { id: stale.id, decision: 'approved', digest: yes.digest },
    { id: decided.id, decision: 'rejected', digest: decided.digest },
    { id: unseen.id, decision: 'approved' },
    { id: yes.id, decision: 'rejected', digest: yes.digest },
  ];
  const { body } = await app.call<{
    data: { id: string; ok: boolean; status: string | null; problem: { code: string } | null }[];
  }>(approver(), 'POST', '/v1/approvals/bulk-decide', { items });
  expect(body.data.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
  expect(body.data.map(({ status, problem }) => [status, problem?.code ?? null])).toEqual([
    ['approved', null],
    [null, 'not_found'],
    ['rejected', null],
    ['pending', 'forbidden'],
    ['pending', 'digest_stale'],
    ['approved', 'already_decided'],
    ['pending', 'digest_required'],
    ['approved', 'already_decided'],
  ]);
  expect((await app.call(app.one.keys.asking, 'POST', '/v1/approvals/bulk-decide', { items })).status).toBe(403);
  const tooMany = Array.from({ length: 51 }, () => items[0]);
  expect((await app.call(approver(), 'POST', '/v1/approvals/bulk-decide', { items: tooMany })).status).toBe(422);
});

test('calls of one tool and shape are shown together, with what differs', async () => {
  for (const [to, amount] of [
    ['ann', 1],
    ['bob', 1],
  ] as const)
    await ask({ tool: 'send', arguments: { to, amount, deep: { note: 'hi' } } });
  await ask({ tool: 'send', arguments: { to: 'cid' } });
  const { body } = await app.call<{
    data: { tool: string; count: number; common: object; items: { differs: object }[] }[];
  }>(approver(), 'GET', '/v1/approvals/alike');
  const group = body.data.find(({ tool }) => tool === 'send');
  expect(group).toMatchObject({ count: 2, common: { '/amount': 1, '/deep/note': 'hi' } });
  expect(group?.items.map(({ differs }) => differs)).toEqual([{ '/to': 'ann' }, { '/to': 'bob' }]);
});

describe('assigned to me', () => {
  test('is what asks for me, my groups or my roles, and nothing that I asked for myself', async () => {
    const me = await addPerson(app.store, app.one.id, 'Me', ['approver', 'builder']);
    const owner = app.one.people.owner;
    await app.call(owner, 'POST', '/v1/groups', { name: 'mine', members: [me.id] });
    await app.call(owner, 'POST', '/v1/groups', { name: 'theirs', members: [app.one.people.approver.id] });
    const rule = (tool: string, approvers: string) => ({
      name: tool,
      tools: [tool],
      outcome: 'hold',
      hold: { stages: [{ approvers }] },
    });
    const source = JSON.stringify({
      rules: [
        rule('for_mine', 'mine'),
        rule('for_theirs', 'theirs'),
        rule('for_me', `member:${me.id}`),
        rule('for_all', 'anyone'),
      ],
    });
    expect((await app.call(owner, 'POST', '/v1/policies', { name: 'Whose', source })).status).toBe(201);
    for (const tool of ['for_mine', 'for_theirs', 'for_me', 'for_all']) await ask({ tool, arguments: {} });
    await app.call(me, 'POST', '/v1/approvals', { tool: 'for_all', arguments: { own: true } });
    const { body } = await app.call<{ data: { tool: string | null; requested_by: { id: string } }[] }>(
      me,
      'GET',
      '/v1/approvals?assigned_to=me&status=pending&limit=100',
    );
    const tools = body.data.flatMap(({ tool, requested_by }) =>
      tool?.startsWith('for_') ? [[tool, requested_by.id === me.id]] : [],
    );
    expect(tools).toEqual([
      ['for_all', false],
      ['for_me', false],
      ['for_mine', false],
    ]);
  });
});
