/** The functions and operators of CEL with the strings extension, as far as the kinds of values that they take. */
import { BOOL, DYN, type Kind, NUMBER, STRING, type ValueType, listType } from './types.ts';

export type Overload = {
  /** Called on a value: `text.contains("a")`; the value is the first of `args`. */
  readonly isMethod?: true;
  readonly args: readonly (Kind | 'list' | 'object' | 'any')[];
  readonly result: ValueType;
};

const TIMESTAMP: ValueType = { kind: 'timestamp' };
const DURATION: ValueType = { kind: 'duration' };

const fn = (result: ValueType, ...args: Overload['args']): Overload => ({ args, result });
const method = (result: ValueType, ...args: Overload['args']): Overload => ({ isMethod: true, args, result });

const ordered: readonly Overload[] = (['number', 'string', 'bool', 'bytes', 'timestamp', 'duration'] as const).map(
  (kind) => fn(BOOL, kind, kind),
);
const logical = [fn(BOOL, 'bool', 'bool')];
const arithmetic = [fn(NUMBER, 'number', 'number')];
const partOfTime = [method(NUMBER, 'timestamp'), method(NUMBER, 'timestamp', 'string'), method(NUMBER, 'duration')];

export const FUNCTIONS: Readonly<Record<string, readonly Overload[]>> = {
  '_&&_': logical,
  '_||_': logical,
  '!_': [fn(BOOL, 'bool')],
  '@not_strictly_false': [fn(BOOL, 'any')],
  '_<_': ordered,
  '_<=_': ordered,
  '_>_': ordered,
  '_>=_': ordered,
  '_+_': [
    ...arithmetic,
    fn(STRING, 'string', 'string'),
    fn({ kind: 'bytes' }, 'bytes', 'bytes'),
    fn(listType(DYN), 'list', 'list'),
    fn(TIMESTAMP, 'timestamp', 'duration'),
    fn(TIMESTAMP, 'duration', 'timestamp'),
    fn(DURATION, 'duration', 'duration'),
  ],
  '_-_': [
    ...arithmetic,
    fn(TIMESTAMP, 'timestamp', 'duration'),
    fn(DURATION, 'timestamp', 'timestamp'),
    fn(DURATION, 'duration', 'duration'),
  ],
  '_*_': arithmetic,
  '_/_': arithmetic,
  '_%_': arithmetic,
  '-_': [fn(NUMBER, 'number'), fn(DURATION, 'duration')],
  '@in': [fn(BOOL, 'any', 'list'), fn(BOOL, 'any', 'object')],
  size: (['string', 'bytes', 'list', 'object'] as const).flatMap((kind) => [fn(NUMBER, kind), method(NUMBER, kind)]),
  matches: [fn(BOOL, 'string', 'string'), method(BOOL, 'string', 'string')],
  contains: [method(BOOL, 'string', 'string')],
  startsWith: [method(BOOL, 'string', 'string')],
  endsWith: [method(BOOL, 'string', 'string')],
  charAt: [method(STRING, 'string', 'number')],
  indexOf: [method(NUMBER, 'string', 'string'), method(NUMBER, 'string', 'string', 'number')],
  lastIndexOf: [method(NUMBER, 'string', 'string'), method(NUMBER, 'string', 'string', 'number')],
  join: [method(STRING, 'list'), method(STRING, 'list', 'string')],
  lowerAscii: [method(STRING, 'string')],
  upperAscii: [method(STRING, 'string')],
  trim: [method(STRING, 'string')],
  reverse: [method(STRING, 'string')],
  replace: [method(STRING, 'string', 'string', 'string'), method(STRING, 'string', 'string', 'string', 'number')],
  split: [method(listType(STRING), 'string', 'string'), method(listType(STRING), 'string', 'string', 'number')],
  substring: [method(STRING, 'string', 'number'), method(STRING, 'string', 'number', 'number')],
  format: [method(STRING, 'string', 'list')],
  int: [fn(NUMBER, 'number'), fn(NUMBER, 'string'), fn(NUMBER, 'timestamp')],
  uint: [fn(NUMBER, 'number'), fn(NUMBER, 'string')],
  double: [fn(NUMBER, 'number'), fn(NUMBER, 'string')],
  string: (['string', 'number', 'bool', 'bytes', 'timestamp', 'duration'] as const).map((kind) => fn(STRING, kind)),
  bool: [fn(BOOL, 'bool'), fn(BOOL, 'string')],
  bytes: [fn({ kind: 'bytes' }, 'bytes'), fn({ kind: 'bytes' }, 'string')],
  timestamp: [fn(TIMESTAMP, 'string'), fn(TIMESTAMP, 'number'), fn(TIMESTAMP, 'timestamp')],
  duration: [fn(DURATION, 'string'), fn(DURATION, 'duration')],
  group: [fn(STRING, 'string')],
  role: [fn(STRING, 'string')],
  member: [fn(STRING, 'string')],
  dyn: [fn(DYN, 'any')],
  type: [fn({ kind: 'type' }, 'any')],
  ...Object.fromEntries(
    [
      'getFullYear',
      'getMonth',
      'getDate',
      'getDayOfMonth',
      'getDayOfWeek',
      'getDayOfYear',
      'getHours',
      'getMinutes',
      'getSeconds',
      'getMilliseconds',
    ].map((name) => [name, partOfTime]),
  ),
};
