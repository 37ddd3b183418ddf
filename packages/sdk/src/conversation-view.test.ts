import type { WireConversationEvent, WireMessage } from '@countersign/contract';
import { expect, test } from 'vitest';
import { EMPTY_CONVERSATION, applyEvent } from './conversation-view.ts';

const text = (offset: number, said: string, attempt = 1): WireConversationEvent => ({
  type: 'text',
  execution_id: 'exe_1',
  step_id: 'stp_1',
  attempt,
  offset,
  text: said,
});
const after = (...events: WireConversationEvent[]) => events.reduce(applyEvent, EMPTY_CONVERSATION);
const said = (...events: WireConversationEvent[]) => after(...events).turns['exe_1']?.texts.map((each) => each.text);

test('text is added where it belongs, and what comes twice stands once', () => {
  expect(said(text(0, 'Good '), text(5, 'morning'))).toEqual(['Good morning']);
  expect(said(text(0, 'Good '), text(5, 'morning'), text(5, 'morning'))).toEqual(['Good morning']);
});

test('what another attempt says takes the place of what the one before had said', () => {
  expect(said(text(0, 'Good morn'), text(0, '', 2), text(0, 'Hello', 2))).toEqual(['Hello']);
});

test('states take the place of those before them', () => {
  const message: WireMessage = {
    id: 'msg_1',
    role: 'user',
    content: 'Hi',
    execution_id: 'exe_1',
    created_at: '2026-01-01T00:00:00Z',
  };
  const view = after(
    { type: 'message', message },
    { type: 'turn', execution_id: 'exe_1', status: 'running', approvals: [] },
    { type: 'message', message },
    { type: 'turn', execution_id: 'exe_1', status: 'awaiting_approval', approvals: ['apr_1'] },
  );
  expect(view.messages).toHaveLength(1);
  expect(view.turns['exe_1']).toMatchObject({ status: 'awaiting_approval', approvals: ['apr_1'] });
});
