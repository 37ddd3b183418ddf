/**
 * What a reviewer is shown of an approval's content, as one value: it is the same for everybody and at every moment, so
 * that a vote can say what it was on (trust.md, T10). Its members are the API's, so that whoever reads an approval can
 * compute its digest. What changes without the content (votes, deadlines, comparisons, who looks at it) is not in it.
 */
import type { Json, JsonObject } from '../json.ts';
import type { DepartureWords } from '../plan/match-plan.ts';
import type { Actor } from './approval.ts';

export type ViewedContent = {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly checkpoint: string;
  readonly agent: { readonly id: string | null; readonly version: number | null; readonly name: string } | null;
  readonly execution_id: string | null;
  readonly requested_by: Actor;
  readonly risk: string | null;
  readonly digest: string;
  readonly action: JsonObject;
  readonly arguments_schema: JsonObject | null;
  readonly original: { readonly arguments: JsonObject | null; readonly output: Json } | null;
  readonly input: Json;
  readonly gate_reason: string;
  readonly explanation: string | null;
  readonly impact: { readonly if_approved?: string | undefined; readonly if_rejected?: string | undefined } | null;
  readonly evidence: readonly {
    readonly label: string;
    readonly content: string;
    readonly source?: string | undefined;
  }[];
  readonly metadata: JsonObject;
  readonly response_schema: JsonObject | null;
  /** How the call departs from the plans of who asks; null where there are none. */
  readonly departures: readonly (DepartureWords & { readonly plan: string })[] | null;
};

/** The view model. Its SHA-256 in canonical form is the view digest. */
export const viewOf = (content: ViewedContent): JsonObject => ({
  v: 1,
  id: content.id,
  kind: content.kind,
  title: content.title,
  checkpoint: content.checkpoint,
  agent: content.agent && { id: content.agent.id, version: content.agent.version, name: content.agent.name },
  execution_id: content.execution_id,
  requested_by: { kind: content.requested_by.kind, id: content.requested_by.id, name: content.requested_by.name },
  risk: content.risk,
  digest: content.digest,
  action: content.action,
  arguments_schema: content.arguments_schema,
  original: content.original && { arguments: content.original.arguments, output: content.original.output },
  input: content.input,
  gate_reason: content.gate_reason,
  explanation: content.explanation,
  impact: content.impact && given({ if_approved: content.impact.if_approved, if_rejected: content.impact.if_rejected }),
  evidence: content.evidence.map(({ label, content: text, source }) => given({ label, content: text, source })),
  metadata: content.metadata,
  response_schema: content.response_schema,
  ...(content.departures
    ? {
        departures: content.departures.map(({ plan, line, argument, allowed, asked, text }) => ({
          plan,
          line,
          argument,
          allowed,
          asked,
          text,
        })),
      }
    : {}),
});

/** Without the members that are not there. */
const given = (members: { readonly [name: string]: string | undefined }): JsonObject =>
  Object.fromEntries(Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
