import { expect, test, vi } from 'vitest';
import { createWake } from './wake.ts';

const payloads = () => {
  const sent: string[] = [];
  return { sent, notify: async (payload: string) => void sent.push(payload) };
};

test('tells this process at once, and the others in one message for many changes', async () => {
  const { sent, notify } = payloads();
  const wake = createWake(notify, 'here');
  const heard: string[] = [];
  wake.onSubject('apr_1', () => heard.push('apr_1'));
  wake.onWorkspace('wsp', () => heard.push('wsp'));
  wake.changed('wsp', ['apr_1', 'apr_2']);
  wake.changed('wsp', ['apr_2', 'apr_3']);
  wake.jobs();
  expect(heard).toEqual(['apr_1', 'wsp', 'wsp']);
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(JSON.parse(sent[0] ?? '')).toEqual({ o: 'here', w: 'wsp', s: ['apr_1', 'apr_2', 'apr_3'], j: 1 });
});

test('hears what others sent, and not its own echo', () => {
  const heard: string[] = [];
  const [here, there] = ['here', 'there'].map((origin) => createWake(async () => undefined, origin));
  here?.onSubject('apr_1', () => heard.push('subject'));
  here?.onJobs(() => heard.push('jobs'));
  here?.receive(JSON.stringify({ o: 'there', w: 'wsp', s: ['apr_1'], j: 1 }));
  here?.receive(JSON.stringify({ o: 'here', w: 'wsp', s: ['apr_1'], j: 1 }));
  expect(there).toBeDefined();
  expect(heard).toEqual(['subject', 'jobs']);
});

test('keeps each message below what NOTIFY takes', async () => {
  const { sent, notify } = payloads();
  const wake = createWake(notify, '0'.repeat(36));
  wake.changed(
    `wsp_${'x'.repeat(27)}`,
    Array.from({ length: 1000 }, (_, index) => `apr_${String(index).padStart(27, '0')}`),
  );
  await vi.waitFor(() => expect(sent.length).toBeGreaterThan(1));
  for (const payload of sent) expect(Buffer.byteLength(payload)).toBeLessThan(8000);
  expect(sent.flatMap((payload) => (JSON.parse(payload) as { s: string[] }).s)).toHaveLength(1000);
});

test('a message that can not be sent loses nothing here, and listening ends when it is told to', async () => {
  const wake = createWake(async () => Promise.reject(new Error('the database is away')), 'here');
  const listener = vi.fn();
  const stop = wake.onSubject('apr_1', listener);
  wake.changed('wsp', ['apr_1']);
  stop();
  wake.changed('wsp', ['apr_1']);
  expect(listener).toHaveBeenCalledTimes(1);
});
