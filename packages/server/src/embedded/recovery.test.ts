import { expect, test } from 'vitest';
import { recoverySentence } from './recovery.ts';

const CLEAN =
  'LOG:  database system was shut down at 2026-01-01 00:00:00 UTC\nLOG:  database system is ready to accept connections\n';
const CRASHED = `LOG:  database system was interrupted; last known up at 2026-01-01 00:00:00 UTC
LOG:  database system was not properly shut down; automatic recovery in progress
LOG:  redo starts at 0/18A4F30
LOG:  redo done at 0/23F5A10 system usage: CPU: user: 0.06 s, system: 0.01 s, elapsed: 2.10 s
`;

test('an ordinary start has nothing to tell', () => {
  expect(recoverySentence({ stoppedPid: null, cluster: 'kept', startLog: CLEAN })).toBeNull();
  expect(recoverySentence({ stoppedPid: null, cluster: 'created', startLog: CLEAN })).toBeNull();
});

test('a start after a crash tells how long the replay took', () => {
  expect(recoverySentence({ stoppedPid: null, cluster: 'kept', startLog: CRASHED })).toBe(
    'Recovered: the database had not been shut down; 2.1 s of write-ahead log replayed.',
  );
});

test('a crash that left nothing to replay is told as such', () => {
  const startLog = CRASHED.replace(/redo .*/g, 'redo is not required');
  expect(recoverySentence({ stoppedPid: null, cluster: 'kept', startLog })).toBe(
    'Recovered: the database had not been shut down; nothing had to be replayed.',
  );
});

test('several findings make one sentence', () => {
  const sentence = recoverySentence({ stoppedPid: 7, cluster: 'kept', startLog: CRASHED });
  expect(sentence).toMatch(
    /^Recovered: the database of an earlier run \(pid 7\) .*; the database had not been shut down; 2\.1 s .*\.$/,
  );
});
