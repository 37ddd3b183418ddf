/**
 * The written form of a rule: `2 of engineering and 1 of (group:finance | role:owner)`. A bare name is a group;
 * `role:` and `member:` say otherwise; `anyone` is every approver; without a count one is enough; `and` binds tighter
 * than `or`; parentheses group.
 *
 *     rule   = term { "or" term }
 *     term   = factor { "and" factor }
 *     factor = [ number "of" ] people | "(" rule ")"
 *     people = name | "(" name { "|" name } ")"
 */
import { ROLES, type Role } from '../authz.ts';
import { type Result, ok, refuse } from '../result.ts';
import { COUNT_MAX, type PeopleSet, type Rule, WAYS_MAX, waysOf } from './requirement.ts';

export type ExpressionProblem = { readonly at: number; readonly detail: string };

type Token = { readonly text: string; readonly at: number };

const TOKEN = /\s*(\(|\)|\||[A-Za-z0-9_][A-Za-z0-9_.:@-]*)/y;

class Malformed extends Error {
  readonly problem: ExpressionProblem;
  constructor(at: number, detail: string) {
    super(detail);
    this.problem = { at, detail };
  }
}

const tokenize = (text: string): Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found?.[1]) throw new Malformed(at, `unexpected character at ${at + 1}`);
    tokens.push({ text: found[1], at: TOKEN.lastIndex - found[1].length });
    at = TOKEN.lastIndex;
  }
  return tokens;
};

/** Parses the written form. The position in a problem counts characters from 0. */
export const parseRule = (text: string): Result<Rule, ExpressionProblem> => {
  try {
    const tokens = tokenize(text);
    let next = 0;
    const peek = (ahead = 0): string => tokens[next + ahead]?.text.toLowerCase() ?? '';
    const fail = (detail: string): never => {
      throw new Malformed(tokens[next]?.at ?? text.length, detail);
    };
    const take = (): Token => tokens[next++] ?? fail('the expression ends too early');
    const expect = (word: string): void => {
      if (peek() !== word) fail(`expected "${word}"`);
      next += 1;
    };

    const name = (): PeopleSet => {
      const token = take();
      if (/^[()|]$/.test(token.text) || /^(and|or|of)$/i.test(token.text)) {
        next -= 1;
        fail('expected the name of a group');
      }
      return setNamed(token);
    };
    const people = (): PeopleSet => {
      if (peek() !== '(') return name();
      take();
      const sets = [name()];
      while (peek() === '|') {
        take();
        sets.push(name());
      }
      expect(')');
      return union(sets);
    };
    const factor = (): Rule => {
      if (/^\d+$/.test(peek()) && peek(1) === 'of') {
        const count = Number(peek());
        if (count < 1 || count > COUNT_MAX) fail(`a count must be from 1 to ${COUNT_MAX}`);
        take();
        take();
        return { type: 'count', count, of: people() };
      }
      if (peek() === '(' && peek(2) !== '|') {
        take();
        const rule = either();
        expect(')');
        return rule;
      }
      return { type: 'count', count: 1, of: people() };
    };
    const chain = (word: 'and' | 'or', part: () => Rule): Rule => {
      const rules = [part()];
      while (peek() === word) {
        take();
        rules.push(part());
      }
      const [only] = rules;
      return rules.length === 1 && only ? only : { type: word, rules };
    };
    const both = (): Rule => chain('and', factor);
    const either = (): Rule => chain('or', both);

    const rule = either();
    if (next < tokens.length) fail(`unexpected "${tokens[next]?.text}"`);
    if (waysOf(rule) > WAYS_MAX) throw new Malformed(0, `can be met in more than ${WAYS_MAX} ways: make it simpler`);
    return ok(rule);
  } catch (error) {
    if (error instanceof Malformed) return refuse(error.problem);
    throw error;
  }
};

const union = (sets: readonly PeopleSet[]): PeopleSet => ({
  groups: sets.flatMap(({ groups }) => groups),
  roles: sets.flatMap(({ roles }) => roles),
  members: sets.flatMap(({ members }) => members),
});

const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text);

const setNamed = ({ text, at }: Token): PeopleSet => {
  const [kind, ...rest] = text.split(':');
  const name = rest.join(':');
  if (rest.length === 0) return text.toLowerCase() === 'anyone' ? only('roles', 'approver') : only('groups', text);
  if (kind === 'group') return only('groups', name);
  if (kind === 'member') return only('members', name);
  if (kind === 'role' && isRole(name)) return only('roles', name);
  throw new Malformed(
    at,
    kind === 'role' ? `there is no role "${name}"` : `expected group:, role: or member:, not "${kind}:"`,
  );
};

const only = (kind: keyof PeopleSet, name: string): PeopleSet => ({
  groups: [],
  roles: [],
  members: [],
  [kind]: [name],
});

/** The written form of a rule, as `parseRule` reads it. */
export const writeRule = (rule: Rule): string => {
  if (rule.type === 'count') return `${rule.count} of ${writeSet(rule.of)}`;
  return rule.rules
    .map((part) => (part.type === 'or' && rule.type === 'and' ? `(${writeRule(part)})` : writeRule(part)))
    .join(` ${rule.type} `);
};

type Missing = Pick<Extract<Rule, { type: 'count' }>, 'count' | 'of'>;

/** More ways than this are not read by anybody: then the shortest is told. */
const WAYS_TOLD_MAX = 4;

/** What is missing, the shortest way first, in the same words: an entry for each set, or one for all ways where there are several. */
export const writeMissing = (ways: readonly (readonly Missing[])[]): string[] => {
  const written = ways.map((demands) => demands.map(({ count, of }) => writeRule({ type: 'count', count, of })));
  const distinct = [...new Set(written.map((demands) => demands.join(' and ')))];
  return distinct.length === 1 || distinct.length > WAYS_TOLD_MAX ? (written[0] ?? []) : [distinct.join(' or ')];
};

const writeSet = (set: PeopleSet): string => {
  const names = [
    ...set.groups,
    ...set.roles.map((role) => (role === 'approver' ? 'anyone' : `role:${role}`)),
    ...set.members.map((member) => `member:${member}`),
  ];
  return names.length === 1 ? (names[0] ?? '') : `(${names.join(' | ')})`;
};
