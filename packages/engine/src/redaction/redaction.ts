/** Takes secrets out of what is about to be stored, keeps them sealed, and puts them back right before a call (ADR 0046). */
import { randomBytes } from 'node:crypto';
import { type Json, type JsonObject, type RedactionRules, markersIn, putBack, redact } from '@countersign/core';
import { type Scope, addRedactionSalt, keepRedacted, redactedValues, redactionFacts } from '@countersign/store';
import type { SecretBox } from '../secret-box.ts';

/** A change of the workspace's setting is known to other processes after this long. */
const KNOWN_FOR_MS = 2000;

export type Redaction = {
  /** The value without its secrets, for what is only read: they are gone. */
  readonly mask: <T extends Json>(scope: Scope, value: T, schema?: JsonObject | null) => Promise<T>;
  /** The value without its secrets, which are kept for this place (a conversation, an execution or an approval). */
  readonly keep: <T extends Json>(scope: Scope, place: string, value: T, schema?: JsonObject | null) => Promise<T>;
  /** The value with the secrets that were kept for this place. A marker of another place stays a text. */
  readonly restore: <T extends Json>(scope: Scope, place: string, value: T) => Promise<T>;
  /** What the markers in a value stand for, in this place. */
  readonly open: (scope: Scope, place: string, value: Json) => Promise<Map<string, Json>>;
  /** The workspace's setting was changed by this process. */
  readonly forget: (workspaceId: string) => void;
};

const saltContext = (workspaceId: string): string => `${workspaceId}/redaction-salt`;
const valueContext = (workspaceId: string, place: string, marker: string): string =>
  `${workspaceId}/${place}/${marker}`;

export const createRedaction = (secrets: SecretBox): Redaction => {
  const known = new Map<string, { readonly rules: RedactionRules; readonly untilMs: number }>();

  const rulesOf = async (scope: Scope): Promise<RedactionRules> => {
    const found = known.get(scope.workspaceId);
    if (found && found.untilMs > performance.now()) return found.rules;
    const { mode, fields, salt } = await loadFacts(scope);
    const rules = {
      mode: mode ?? ('standard' as const),
      fields: fields ?? [],
      salt: Buffer.from(secrets.open(salt, saltContext(scope.workspaceId)), 'base64'),
    };
    // A salt that this very transaction has made is good only once it is committed.
    scope.afterCommit(() => known.set(scope.workspaceId, { rules, untilMs: performance.now() + KNOWN_FOR_MS }));
    return rules;
  };

  const loadFacts = async (scope: Scope) => {
    const before = await redactionFacts(scope);
    if (before?.salt) return { ...before, salt: before.salt };
    const fresh = secrets.seal(randomBytes(16).toString('base64'), saltContext(scope.workspaceId));
    await addRedactionSalt(scope, fresh);
    const after = await redactionFacts(scope);
    if (!after?.salt) throw new Error(`no redaction salt for ${scope.workspaceId}`);
    return { ...after, salt: after.salt };
  };

  const open = async (scope: Scope, place: string, value: Json): Promise<Map<string, Json>> => {
    const markers = markersIn(value);
    if (markers.length === 0) return new Map();
    const rows = await redactedValues(scope, place, markers);
    return new Map(
      rows.map(({ marker, sealed }) => [
        marker,
        JSON.parse(secrets.open(sealed, valueContext(scope.workspaceId, place, marker))) as Json,
      ]),
    );
  };

  return {
    mask: async (scope, value, schema = null) => redact(value, await rulesOf(scope), schema).value,
    keep: async (scope, place, value, schema = null) => {
      const { value: shown, taken } = redact(value, await rulesOf(scope), schema);
      for (const { marker, plain } of taken) {
        const context = valueContext(scope.workspaceId, place, marker);
        keepRedacted(scope, place, marker, secrets.seal(JSON.stringify(plain), context));
      }
      return shown;
    },
    open,
    restore: async (scope, place, value) => {
      const plain = await open(scope, place, value);
      return plain.size === 0 ? value : putBack(value, (marker) => plain.get(marker));
    },
    forget: (workspaceId) => known.delete(workspaceId),
  };
};
