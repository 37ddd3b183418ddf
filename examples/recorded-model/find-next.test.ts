import { describe, expect, it } from 'vitest';
import { ambiguousRuns, findNext } from './find-next.ts';
import { parseRuns } from './transcript.ts';

const user = (content: string) => ({ role: 'user', content });
const says = (content: string) => ({ role: 'assistant', content });
const calls = (name: string, args = '{}') => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'dup', type: 'function', function: { name, arguments: args } }],
});
const result = (content: string) => ({ role: 'tool', tool_call_id: 'dup', content });

const runs = parseRuns(
  [
    {
      run_id: 'pay',
      messages: [user('hi'), says('hello'), user('pay'), calls('pay'), result('ok'), says('paid'), user('bye')],
    },
    {
      run_id: 'book',
      messages: [
        user('hi'),
        says('hello!'),
        user('book'),
        calls('look'),
        result('-'),
        calls('book'),
        result('ok'),
        says('booked'),
      ],
    },
    { run_id: 'other', messages: [user('something else'), calls('look'), result('-')] },
  ]
    .map((run) => JSON.stringify(run))
    .join('\n'),
);

/** `u:` user, `a:` assistant, `t:` tool. */
const next = (conversation: string[], model = 'recorded') =>
  findNext(
    runs,
    model,
    conversation.map((line) => ({
      role: { s: 'system', u: 'user', a: 'assistant', t: 'tool' }[line[0] ?? ''] ?? '',
      content: line.slice(2),
    })),
  );
const contentOf = (found: ReturnType<typeof next>) => (found.found === 'answer' ? found.answer.content : found.found);
const callOf = (found: ReturnType<typeof next>) => (found.found === 'answer' ? found.answer.calls[0]?.id : found.found);

describe('the next recorded answer', () => {
  it('is found by the first user message', () => {
    expect(callOf(next(['s:be kind', 'u:something else']))).toBe('call_other_0_0');
  });

  it('is told apart by later user messages where two runs begin alike', () => {
    expect(callOf(next(['u:hi', 'a:hello', 'u:pay']))).toBe('call_pay_1_0');
    expect(callOf(next(['u:hi', 'a:hello', 'u:book']))).toBe('call_book_1_0');
  });

  it('comes from the run that the model name carries', () => {
    expect(contentOf(next(['u:hi'], 'recorded/pay'))).toBe('hello');
    expect(contentOf(next(['u:hi'], 'recorded/book'))).toBe('hello!');
    expect(next(['u:hi'], 'recorded/nobody')).toEqual({ found: 'none', why: 'no run is called nobody' });
  });

  it('is counted, so that an edited call, a rejection or other history do not lose the place', () => {
    const begun = ['u:hi', 'a:hello', 'u:book'];
    expect(callOf(next([...begun, 'a:', 't:The reviewer rejected this call: not today']))).toBe('call_book_2_0');
    expect(contentOf(next([...begun, 'a:', 't:x', 'a:', 't:refused']))).toBe('booked');
    expect(callOf(next(['u:hi', 'u:book', 'a:', 't:-']))).toBe('call_book_2_0');
  });

  it('is the end where the recording has nothing further in this turn', () => {
    expect(next(['u:hi', 'a:hello', 'u:pay', 'a:', 't:ok', 'a:paid', 'u:bye']).found).toBe('end');
    expect(next(['u:something else', 'a:', 't:-']).found).toBe('end');
  });

  it('is none where no run begins like the conversation', () => {
    expect(next(['u:who are you?']).found).toBe('none');
    expect(next(['s:be kind']).found).toBe('none');
  });

  it('is the same for the same request', () => {
    expect(next(['u:hi', 'a:x', 'u:pay'])).toEqual(next(['u:hi', 'a:x', 'u:pay']));
  });

  it('is an alternative where the tool message matches it, with the groups filled in', () => {
    const [run] = parseRuns(
      JSON.stringify({
        run_id: 'r',
        messages: [
          user('refund'),
          calls('refund'),
          result('ok'),
          {
            ...says('Refunded.'),
            alternatives: [
              { when: 'rejected', content: 'I may not.' },
              {
                when: '"amount":(?<amount>\\d+)',
                tool_calls: [{ id: 'm', function: { name: 'mail', arguments: '{"of":{{amount}}}' } }],
              },
            ],
          },
        ],
      }),
    );
    const after = (tool: string) =>
      findNext(run ? [run] : [], 'recorded', [
        { role: 'user', content: 'refund' },
        { role: 'assistant', content: '' },
        { role: 'tool', content: tool },
      ]);
    expect(contentOf(after('{"done":true}'))).toBe('Refunded.');
    expect(contentOf(after('rejected by Ada'))).toBe('I may not.');
    expect(after('{"amount":40}')).toMatchObject({
      answer: { content: null, calls: [{ argumentsText: '{"of":40}' }] },
    });
  });
});

describe('runs that begin alike', () => {
  it('are named, so that the model name can tell them apart', () => {
    expect([...ambiguousRuns(runs)]).toEqual(['pay', 'book']);
  });
});
