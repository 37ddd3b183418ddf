/** CEL (cel.dev) over a request: conditions of rules, and who approves. Terminates, reads nothing else, has no clock. */
import { celEnv, celFunc, CelScalar, isCelError, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import type { Json } from '../json.ts';
import { type Result, ok, refuse } from '../result.ts';

export const EXPRESSION_LENGTH_MAX = 4000;

/** People named by an expression: `group("finance")` gives the text that the rules of quorum read. */
export const peopleFunctions = [
  celFunc('group', [CelScalar.STRING], CelScalar.STRING, (name) => `group:${name}`),
  celFunc('role', [CelScalar.STRING], CelScalar.STRING, (name) => `role:${name}`),
  celFunc('member', [CelScalar.STRING], CelScalar.STRING, (id) => `member:${id}`),
];

const environment = celEnv({ funcs: [...strings, ...peopleFunctions] });

export type Bindings = { readonly [name: string]: Json };

type Program = (bindings: Bindings) => Result<unknown, string>;

const programs = new Map<string, Result<Program, string>>();
const PROGRAMS_MAX = 5000;

/** What an error says, without the library's stack. */
const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/^_?CelError:\s*/, '') ??
  'not valid';

const compile = (source: string): Result<Program, string> => {
  const known = programs.get(source);
  if (known) return known;
  const made = build(source);
  if (programs.size >= PROGRAMS_MAX) programs.clear();
  programs.set(source, made);
  return made;
};

const build = (source: string): Result<Program, string> => {
  if (source.length > EXPRESSION_LENGTH_MAX) return refuse(`is longer than ${EXPRESSION_LENGTH_MAX} characters`);
  try {
    const evaluate = plan(environment, parse(source));
    return ok((bindings) => {
      try {
        // Json is what CEL takes; the library's own type is only wider.
        const value = evaluate(bindings);
        return isCelError(value) ? refuse(firstLine(value)) : ok(value);
      } catch (error) {
        return refuse(firstLine(error));
      }
    });
  } catch (error) {
    return refuse(firstLine(error));
  }
};

/** What is wrong with an expression as it is written, or null. What it finds in a request shows only at run time. */
export const checkExpression = (source: string): string | null => {
  const compiled = compile(source);
  return compiled.ok ? null : compiled.refusal;
};

/** The truth of a condition; refuses with the reason if it can not be told, such as a member that is not there. */
export const evaluateCondition = (source: string, bindings: Bindings): Result<boolean, string> => {
  const compiled = compile(source);
  if (!compiled.ok) return compiled;
  const result = compiled.value(bindings);
  if (!result.ok) return result;
  return typeof result.value === 'boolean' ? ok(result.value) : refuse('is neither true nor false');
};

/** The text that an expression gives, such as a written rule of approvers. */
export const evaluateText = (source: string, bindings: Bindings): Result<string, string> => {
  const compiled = compile(source);
  if (!compiled.ok) return compiled;
  const result = compiled.value(bindings);
  if (!result.ok) return result;
  return typeof result.value === 'string' ? ok(result.value) : refuse('gives no text');
};
