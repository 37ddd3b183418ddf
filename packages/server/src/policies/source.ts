/** A policy's source, YAML or JSON, as rules; and what is wrong with it, with line and column. */
import {
  type Policy,
  PolicySchema,
  type Requirement,
  type Rule,
  impossibleStages,
  isMet,
  parseRule,
} from '@countersign/core';
import { type Scope, approverStandings, getCalendar } from '@countersign/store';
import { LineCounter, isNode, parseDocument } from 'yaml';

export type SourceProblem = { pointer: string; detail: string; line: number | null; column: number | null };
export type ReadPolicy =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: SourceProblem[] };

const ALIASES_MAX = 100;

/** JSON is YAML, so one parser reads both. Anchors are limited: they could unfold into more than memory holds. */
export const readPolicySource = (source: string): ReadPolicy => {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number | undefined) => {
    const place = offset === undefined ? undefined : lines.linePos(offset);
    return { line: place?.line ?? null, column: place?.col ?? null };
  };
  if (document.errors.length > 0)
    return {
      ok: false,
      problems: document.errors.map((error) => ({ pointer: '', detail: error.message, ...at(error.pos[0]) })),
    };
  let written: unknown;
  try {
    written = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    // The parser throws on anchors that unfold too far, or name nothing.
    return {
      ok: false,
      problems: [
        { pointer: '', detail: error instanceof Error ? error.message : 'can not be read', line: null, column: null },
      ],
    };
  }
  const parsed = PolicySchema.safeParse(written);
  if (parsed.success) return { ok: true, policy: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) => {
      const path = issue.path.filter((part) => typeof part !== 'symbol');
      return {
        pointer: path.map((part) => `/${part}`).join(''),
        detail: issue.message,
        ...at(offsetOf(document, path)),
      };
    }),
  };
};

/** Where the value under a path begins; of its nearest parent that is there, otherwise. */
const offsetOf = (
  document: ReturnType<typeof parseDocument>,
  path: readonly (string | number)[],
): number | undefined => {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0];
  }
  return undefined;
};

/** The people that an expression names outright; whom it works out from the request shows only then. */
const namedIn = (expression: string): { text: string; rule: Rule }[] =>
  [...expression.matchAll(/\b(group|role|member)\(\s*(["'])([^"'\\]+)\2\s*\)/g)].flatMap(([, kind, , name]) => {
    const parsed = parseRule(`${kind}:${name}`);
    return parsed.ok ? [{ text: `${kind} ${name}`, rule: parsed.value }] : [];
  });

/** What only the workspace can tell: stages that nobody could meet, calendars that are not there. */
export const checkAgainstWorkspace = async (scope: Scope, policy: Policy): Promise<SourceProblem[]> => {
  const people = await approverStandings(scope);
  const problems: SourceProblem[] = [];
  const report = (pointer: string, detail: string): void =>
    void problems.push({ pointer, detail, line: null, column: null });
  for (const [index, rule] of policy.rules.entries()) {
    const stages = rule.hold?.stages?.flatMap((stage, place) => {
      const parsed = stage.approvers === undefined ? undefined : parseRule(stage.approvers);
      return parsed?.ok
        ? [{ name: stage.name ?? `stage ${place + 1}`, rule: parsed.value, rejections: stage.rejections, place }]
        : [];
    });
    if (stages && stages.length > 0) {
      const requirement: Requirement = {
        stages,
        isDistinctAcrossStages: rule.hold?.distinct_people ?? false,
        isReasonRequired: false,
      };
      for (const stage of impossibleStages(requirement, people))
        report(
          `/rules/${index}/hold/stages/${stages.find(({ name }) => name === stage.name)?.place ?? 0}`,
          'can not be met by the approvers there are',
        );
    }
    for (const [place, { approvers_expression: expression }] of (rule.hold?.stages ?? []).entries())
      for (const named of namedIn(expression ?? ''))
        if (!people.some((person) => isMet(named.rule, [person])))
          report(`/rules/${index}/hold/stages/${place}`, `names ${named.text}, in which there is no approver`);
    for (const [level, { approvers }] of (rule.hold?.escalate_to ?? []).entries()) {
      const parsed = parseRule(approvers);
      const requirement = parsed.ok
        ? {
            stages: [{ name: 'level', rule: parsed.value, rejections: 1 }],
            isDistinctAcrossStages: false,
            isReasonRequired: false,
          }
        : null;
      if (requirement && impossibleStages(requirement, people).length > 0)
        report(`/rules/${index}/hold/escalate_to/${level}`, 'can not be met by the approvers there are');
    }
    const calendar = rule.hold?.calendar;
    if (calendar !== undefined && !(await getCalendar(scope, calendar)))
      report(`/rules/${index}/hold/calendar`, `there is no calendar named ${calendar}`);
  }
  return problems;
};
