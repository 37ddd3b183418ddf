import { describe, expect, it } from 'vitest';
import { parseRuns } from './transcript.ts';

const call = (id: string, name: string, args: string) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const parse = (messages: object[], runId = 'r1') => parseRuns(JSON.stringify({ run_id: runId, messages }))[0];

describe('a recorded run', () => {
  it('is read as turns, each with every answer until the user speaks again', () => {
    const run = parse([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Let me look.', tool_calls: [call('a', 'look', '{ "at":1 }')] },
      { role: 'tool', tool_call_id: 'a', content: 'seen' },
      { role: 'assistant', content: 'Done.' },
      { role: 'user', content: 'Thanks' },
    ]);
    expect(run?.system).toBe('Be kind.');
    expect(run?.turns.map(({ user, answers }) => [user, answers.length])).toEqual([
      ['Hello', 2],
      ['Thanks', 0],
    ]);
    expect(run?.turns[0]?.answers[0]).toMatchObject({
      content: 'Let me look.',
      calls: [{ id: 'call_r1_0_0', name: 'look', argumentsText: '{ "at":1 }', result: 'seen' }],
    });
  });

  it('gives every call its own id and its own result, even where one id was recorded twice', () => {
    const run = parse([
      { role: 'user', content: 'Both' },
      { role: 'assistant', content: null, tool_calls: [call('same', 'a', '{}'), call('same', 'b', '{}')] },
      { role: 'tool', tool_call_id: 'same', content: 'first' },
      { role: 'tool', tool_call_id: 'same', content: 'second' },
      { role: 'assistant', content: '', tool_calls: [call('same', 'a', '{}')] },
      { role: 'tool', tool_call_id: 'same', content: 'third' },
    ]);
    const calls = run?.turns[0]?.answers.flatMap((answer) => answer.calls) ?? [];
    expect(calls.map(({ id, result }) => [id, result])).toEqual([
      ['call_r1_0_0', 'first'],
      ['call_r1_0_1', 'second'],
      ['call_r1_1_0', 'third'],
    ]);
  });

  it('pairs results that come in another order by their ids, and leaves a missing one open', () => {
    const run = parse([
      { role: 'user', content: 'Both' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [call('x', 'a', '{}'), call('y', 'b', '{}'), call('z', 'c', '{}')],
      },
      { role: 'tool', tool_call_id: 'y', content: 'of y' },
      { role: 'tool', tool_call_id: 'x', content: 'of x' },
    ]);
    expect(run?.turns[0]?.answers[0]?.calls.map(({ result }) => result)).toEqual(['of x', 'of y', null]);
  });

  it('puts a word in for a user who said nothing, and a turn in where the model speaks first or twice', () => {
    const run = parse([
      { role: 'assistant', content: 'Welcome.' },
      { role: 'user', content: '' },
      { role: 'assistant', content: 'One' },
      { role: 'assistant', content: 'Two' },
    ]);
    expect(run?.turns.map(({ user, answers }) => [user, answers[0]?.content])).toEqual([
      ['(go on)', 'Welcome.'],
      ['(no words)', 'One'],
      ['(go on)', 'Two'],
    ]);
  });

  it('accepts content as parts, and arguments as an object', () => {
    const run = parse([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hel' },
          { type: 'text', text: 'lo' },
        ],
      },
      { role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'look', arguments: { at: 1 } } }] },
    ]);
    expect(run?.turns[0]?.user).toBe('Hello');
    expect(run?.turns[0]?.answers[0]?.calls[0]?.argumentsText).toBe('{"at":1}');
  });

  it('keeps ids apart where two lines have the same run_id or none', () => {
    const line = (runId?: string) => JSON.stringify({ run_id: runId, messages: [] });
    const runs = parseRuns([line('r'), line('r'), '', line()].join('\n'));
    expect(runs.map(({ runId }) => runId)).toEqual(['r', 'r~line-2', 'line-4']);
  });

  it('names the line that is not a run', () => {
    expect(() => parseRuns('{"run_id":"r","messages":[]}\n{"run_id"')).toThrow('line 2 is not JSON');
    expect(() => parseRuns('{"run_id":"r"}')).toThrow('line 1 holds no list of messages');
  });
});
