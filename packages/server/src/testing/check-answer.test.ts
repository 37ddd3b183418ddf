import { expect, test } from 'vitest';
import { faultOf, routeOf } from './check-answer.ts';

const problem = {
  type: '/docs/api#problem-not_found',
  title: 'No such thing',
  status: 404,
  detail: 'There is no such tool.',
  instance: 'x',
  code: 'not_found',
};
const fault = (
  method: string,
  path: string,
  status: number,
  body: unknown,
  type = status < 400 ? 'application/json' : 'application/problem+json',
) =>
  faultOf(
    { method, path },
    { status, headers: new Headers({ 'content-type': type }), text: body === undefined ? '' : JSON.stringify(body) },
  );

test('an answer as the contract has it is no fault', () => {
  expect(fault('GET', '/v1/tools', 200, { data: [], next_cursor: null })).toBeUndefined();
  expect(fault('DELETE', '/v1/tools/x', 204, undefined)).toBeUndefined();
  expect(fault('GET', '/v1/tools/x', 404, problem)).toBeUndefined();
});

test.each([
  ['a member too many', 200, { data: [], next_cursor: null, secret: 1 }],
  ['a member too few', 200, { data: [] }],
  ['a member of another type', 200, { data: {}, next_cursor: null }],
  ['another status than the route’s', 201, { data: [], next_cursor: null }],
  ['a bug', 500, { ...problem, status: 500, code: 'internal' }],
  ['a problem of an unknown code', 404, { ...problem, code: 'lost' }],
  ['a problem of another status', 404, { ...problem, status: 400 }],
  ['a code with the wrong status', 409, { ...problem, status: 409 }],
  ['a problem without a detail', 404, { ...problem, detail: '' }],
  [
    'a problem that shows the inside',
    404,
    { ...problem, detail: 'at async run (/x/packages/server/src/server.ts:12:3)' },
  ],
  ['a problem that shows SQL', 404, { ...problem, detail: 'relation "tool" does not exist' }],
  ['field errors that are none', 404, { ...problem, errors: [{ pointer: 'limit', detail: 'x' }] }],
])('%s is a fault', (_, status, body) => {
  expect(fault('GET', '/v1/tools', status, body)).toBeTypeOf('string');
});

test('a refusal that is no problem document, and a body where there is none, are faults', () => {
  expect(fault('GET', '/v1/tools', 404, problem, 'application/json')).toBeTypeOf('string');
  expect(fault('DELETE', '/v1/tools/x', 204, {})).toBeTypeOf('string');
});

test('fixed paths come before those with parameters', () => {
  expect(routeOf('GET', '/v1/approvals/summary?x=1')?.name).toBe('countApprovals');
  expect(routeOf('GET', '/v1/approvals/apr_x')?.name).toBe('getApproval');
});
