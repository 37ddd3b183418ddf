/** Shapes that are checked to the last member: one too many is refused like one too few (trust.md, T54). */
import { fail } from './error.ts';

/** Checks a value; `at` is where it stands, for the error. */
export type Shape = (value: unknown, at: string) => void;

const wrong = (at: string, what: string): never => fail(`${at || 'the receipt'} is not ${what}`);

export const text: Shape = (value, at) => void (typeof value === 'string' || wrong(at, 'a text'));
export const count: Shape = (value, at) =>
  void ((Number.isSafeInteger(value) && Number(value) >= 0) || wrong(at, 'a whole number'));
export const flag: Shape = (value, at) => void (typeof value === 'boolean' || wrong(at, 'true or false'));

export const matching =
  (pattern: RegExp, what: string): Shape =>
  (value, at) =>
    void ((typeof value === 'string' && pattern.test(value)) || wrong(at, what));

export const oneOf =
  (...values: readonly unknown[]): Shape =>
  (value, at) =>
    void (values.includes(value) || wrong(at, values.map((one) => JSON.stringify(one)).join(' or ')));

export const orNull =
  (shape: Shape): Shape =>
  (value, at) => {
    if (value !== null) shape(value, at);
  };

export const listOf =
  (shape: Shape): Shape =>
  (value, at) => {
    if (!Array.isArray(value)) return wrong(at, 'a list');
    for (const [index, item] of value.entries()) shape(item, `${at}/${index}`);
  };

export const members =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(at, 'an object');
    for (const name of Object.keys(value)) if (!Object.hasOwn(shapes, name)) fail(`${at}/${name} is an unknown member`);
    for (const [name, shape] of Object.entries(shapes)) {
      if (!Object.hasOwn(value, name)) fail(`${at}/${name} is missing`);
      shape((value as Record<string, unknown>)[name], `${at}/${name}`);
    }
  };
