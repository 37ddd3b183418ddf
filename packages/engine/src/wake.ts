/**
 * Tells whoever waits in this process, and in the others, that something changed. Only a hint: whoever waits also looks
 * by itself from time to time. Sent after the commit and in batches, because a NOTIFY inside a transaction serializes
 * all commits of the cluster.
 */
import { EventEmitter } from 'node:events';

const CHANNEL = 'countersign';
const BATCH_MS = 5;
/** PostgreSQL takes payloads of less than 8,000 bytes. */
const SUBJECTS_MAX = 200;

export type Wake = {
  /** Something happened to these subjects (approvals, executions …) of the workspace. */
  readonly changed: (workspaceId: string, subjects: readonly string[]) => void;
  /** Calls back when something happened to the subject, or to anything of the workspace. @returns how to stop */
  readonly onSubject: (subject: string, listener: () => void) => () => void;
  readonly onWorkspace: (workspaceId: string, listener: () => void) => () => void;
  /** Calls back with each workspace in which something happened. @returns how to stop */
  readonly onChange: (listener: (workspaceId: string) => void) => () => void;
  /** A job may be due in some process. */
  readonly jobs: () => void;
  readonly onJobs: (listener: () => void) => () => void;
  /** Takes in what another process sent. */
  readonly receive: (payload: string) => void;
  readonly channel: string;
};

/** @param notify sends a payload to the other processes; may fail, which delays them and loses nothing */
export const createWake = (notify: (payload: string) => Promise<void>, origin: string): Wake => {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  let pending = new Map<string, Set<string>>();
  let jobsPending = false;
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    timer = undefined;
    const batch = pending;
    const withJobs = jobsPending;
    pending = new Map();
    jobsPending = false;
    const lines = [...batch].flatMap(([workspaceId, subjects]) => {
      const all = [...subjects];
      return Array.from({ length: Math.ceil(all.length / SUBJECTS_MAX) }, (_, index) => ({
        w: workspaceId,
        s: all.slice(index * SUBJECTS_MAX, (index + 1) * SUBJECTS_MAX),
      }));
    });
    const messages = lines.length > 0 ? lines : withJobs ? [{}] : [];
    for (const [index, line] of messages.entries())
      notify(JSON.stringify({ o: origin, ...line, ...(withJobs && index === 0 ? { j: 1 } : {}) })).catch(
        () => undefined,
      );
  };
  const schedule = (): void => {
    timer ??= setTimeout(flush, BATCH_MS);
  };
  const emit = (workspaceId: string, subjects: readonly string[]): void => {
    for (const subject of subjects) emitter.emit(`s:${subject}`);
    emitter.emit(`w:${workspaceId}`);
    emitter.emit('change', workspaceId);
  };
  const on = (name: string, listener: (...facts: string[]) => void): (() => void) => {
    emitter.on(name, listener);
    return () => emitter.off(name, listener);
  };

  return {
    channel: CHANNEL,
    changed: (workspaceId, subjects) => {
      emit(workspaceId, subjects);
      const known = pending.get(workspaceId) ?? new Set();
      for (const subject of subjects) known.add(subject);
      pending.set(workspaceId, known);
      schedule();
    },
    jobs: () => {
      emitter.emit('jobs');
      jobsPending = true;
      schedule();
    },
    onSubject: (subject, listener) => on(`s:${subject}`, listener),
    onWorkspace: (workspaceId, listener) => on(`w:${workspaceId}`, listener),
    onChange: (listener) => on('change', (workspaceId = '') => listener(workspaceId)),
    onJobs: (listener) => on('jobs', listener),
    receive: (payload) => {
      const message = JSON.parse(payload) as { o: string; w?: string; s?: string[]; j?: number };
      if (message.o === origin) return;
      if (message.w) emit(message.w, message.s ?? []);
      if (message.j) emitter.emit('jobs');
    },
  };
};
