import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../server/src/testing/database.ts';
import { createWorkspace } from './access.ts';
import { type Database, type Scope, openDatabase, reading, statement, transaction, unscoped } from './database.ts';
import { draft } from './draft.ts';
import { EVENT_ROWS, appendEvent, insertEvents } from './events.ts';
import { newId } from './ids.ts';

const workspaceId = newId('workspace');
let database: FreshDatabase;
let worker: Database;
beforeAll(async () => {
  database = await freshDatabase();
  worker = openDatabase(database.url, 'countersign_worker', 1);
  const api = openDatabase(database.url, 'countersign_api', 1);
  await unscoped(api, (scope) => createWorkspace(scope, { id: workspaceId, name: 'One' }));
  await api.close();
});
afterAll(async () => {
  await worker.close();
  await database.drop();
});

let heard: string[] = [];
beforeEach(() => {
  heard = [];
});

const written = statement<{ subject: string }>('test_written', 'select subject from event order by position');
const subjects = async (): Promise<string[]> =>
  (await reading(worker, workspaceId, (scope) => written.all(scope))).map(({ subject }) => subject);
const insert = statement<{ subject: string }>('test_insert', `${insertEvents('$2')} returning subject`);
const append = (scope: Scope, subject: string): Promise<void> =>
  appendEvent(scope, { type: 'test', subject, actor: { kind: 'system', id: 'test', name: 'test' } });

const parts = {
  hold: async (scope: Scope): Promise<void> => {
    heard.push(`hold after ${(await written.all(scope)).length}`);
  },
  write: (scope: Scope, rows: ReadonlyMap<string, string>) => {
    heard.push('write');
    return insert.all(scope, scope.workspaceId, rows.get(EVENT_ROWS));
  },
};

test('rows that nobody waits for are written by the one statement that the caller has for them', async () => {
  const { value, written: rows } = await draft(worker, workspaceId, {
    ...parts,
    work: async (scope) => {
      await append(scope, 'a');
      scope.afterCommit(() => heard.push('after'));
      await append(scope, 'b');
      return 'done';
    },
  });
  expect(value).toBe('done');
  expect(rows).toEqual([{ subject: 'a' }, { subject: 'b' }]);
  expect(heard).toEqual(['write', 'after']);
  expect(await subjects()).toEqual(['a', 'b']);
});

test('a statement begins the transaction: what is gone by is held first, and the rows go out before it', async () => {
  const seen = await draft(worker, workspaceId, {
    ...parts,
    work: async (scope) => {
      await append(scope, 'c');
      scope.afterCommit(() => heard.push('after'));
      const count = (await written.all(scope)).length;
      await append(scope, 'd');
      return count;
    },
  });
  expect(seen).toEqual({ value: 3 });
  expect(heard).toEqual(['hold after 2', 'after']);
  expect(await subjects()).toEqual(['a', 'b', 'c', 'd']);
});

test('a statement whose answer nobody waits for is part of it too', async () => {
  await draft(worker, workspaceId, {
    ...parts,
    work: async (scope) => {
      insert.send(
        scope,
        workspaceId,
        JSON.stringify([
          {
            id: newId('event'),
            type: 'test',
            subject: 'e',
            actor: { kind: 'system', id: 'test', name: 'test' },
            data: {},
          },
        ]),
      );
    },
  });
  expect(await subjects()).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('where it does not hold, or the work fails, nothing is written and nobody is told', async () => {
  const work = async (scope: Scope) => {
    await append(scope, 'f');
    scope.afterCommit(() => heard.push('after'));
    await written.all(scope);
    throw new Error('at the end');
  };
  await expect(draft(worker, workspaceId, { ...parts, work })).rejects.toThrow('at the end');
  const hold = () => Promise.reject(new Error('something has changed'));
  await expect(draft(worker, workspaceId, { ...parts, work, hold })).rejects.toThrow('something has changed');
  const early = async (scope: Scope) => {
    await append(scope, 'g');
    throw new Error('before any statement');
  };
  await expect(draft(worker, workspaceId, { ...parts, work: early })).rejects.toThrow('before any statement');
  expect(heard).toEqual(['hold after 5']);
  expect(await subjects()).toEqual(['a', 'b', 'c', 'd', 'e']);
  // The one connection is free.
  await transaction(worker, workspaceId, (scope) => append(scope, 'h'));
  expect(await subjects()).toHaveLength(6);
});
