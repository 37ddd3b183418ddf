import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

describe('the options of a replay', () => {
  it('take the runs from the data folder unless told otherwise', () => {
    expect(readOptions(['--data', '/d', '--decide', 'expected'])).toEqual({
      toolsFile: '/d/tools.json',
      runsFile: '/d/runs.jsonl',
      decide: 'expected',
      killEverySeconds: null,
      limit: null,
      concurrency: 4,
    });
    expect(
      readOptions(['--data', '/d', '--runs', '/e/r.jsonl', '--decide', 'approve-all', '--kill-every', '2.5']),
    ).toMatchObject({
      runsFile: '/e/r.jsonl',
      killEverySeconds: 2.5,
    });
  });

  it.each([
    [['--decide', 'expected'], '--data DIR is missing'],
    [['--data', '/d'], '--decide must be one of'],
    [['--data', '/d', '--decide', 'some'], '--decide must be one of'],
    [['--data', '/d', '--decide', 'expected', '--kill-every', 'often'], '--kill-every must be a number above 0'],
    [['--data', '/d', '--decide', 'expected', '--limit', '0'], '--limit must be a number above 0'],
    [['--data', '/d', '--decide', 'expected', '--unknown'], '--unknown'],
  ])('refuse %j', (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
  });
});
