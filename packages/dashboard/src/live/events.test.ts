import { expect, test } from 'vitest';
import { staleAfter } from './events.ts';

test('a decision makes the approval, its timeline and its execution out of date; the lists ask for its row alone', () => {
  const keys = staleAfter({ type: 'approval.decided', subject: 'apr_1', data: { execution_id: 'exe_1' } });
  expect(keys).toEqual([
    ['approval', 'apr_1'],
    ['timeline', 'apr_1'],
    ['execution', 'exe_1'],
    ['steps', 'exe_1'],
  ]);
});

test('a step touches its execution only', () => {
  expect(staleAfter({ type: 'step.finished', subject: 'stp_1', data: { execution_id: 'exe_1' } })).toEqual([
    ['execution', 'exe_1'],
    ['steps', 'exe_1'],
  ]);
});

test('an event of no concern touches nothing', () => {
  expect(staleAfter({ type: 'session.started', subject: 'ses_1', data: {} })).toEqual([]);
});

test('who is asked changes with the people, and the queue with it', () => {
  expect(staleAfter({ type: 'delegation.created', subject: 'dlg_1', data: {} })).toEqual([
    ['people'],
    ['approvals', 'pending'],
    ['counts'],
  ]);
});
