/** Makes the call of a tool node, outside of any transaction. Secrets are put in here, and taken out of what comes back. */
import { type Json, type JsonObject, SECRET_REFERENCE, expressionsOf, secretText } from '@countersign/core';
import type { Engine } from '../engine.ts';
import { readSecret, realArguments, storable, storableFailure } from '../executions/act.ts';
import { callTool } from '../tools/call-tool.ts';
import { redactSecrets } from '../tools/secrets.ts';
import { permanent } from '../tools/tool-outcome.ts';
import type { NodeCall } from './round.ts';
import type { CallResult } from './tool-node.ts';

export const callNode = async (engine: Engine, workspaceId: string, call: NodeCall): Promise<CallResult> => {
  const secrets = (name: string): Promise<string | undefined> => readSecret(engine, workspaceId, name);
  const filled = await withSecrets(call.template, call.arguments, secrets);
  if (!filled.ok) return { type: 'failure', failure: filled.failure };
  const tool =
    call.timeoutSeconds === null || !call.tool.http
      ? call.tool
      : {
          ...call.tool,
          http: { ...call.tool.http, timeout_seconds: Math.min(call.timeoutSeconds, call.tool.http.timeout_seconds) },
        };
  const outcome = await callTool(engine, {
    tool,
    server: call.server,
    arguments: await realArguments(engine, workspaceId, { arguments: filled.arguments, place: call.place }),
    idempotencyKey: call.stepId,
    origin: call.origin,
    workspaceId,
    secrets,
  });
  const clean = (text: string): string => storable(redactSecrets(text, filled.used));
  if (outcome.ok) return { type: 'answer', content: clean(outcome.content), isError: outcome.isError };
  return { type: 'failure', failure: storableFailure({ ...outcome.failure, message: clean(outcome.failure.message) }) };
};

type Filled =
  | { readonly ok: true; readonly arguments: JsonObject; readonly used: Map<string, string> }
  | { readonly ok: false; readonly failure: ReturnType<typeof permanent>['failure'] };

/**
 * Replaces references to secrets, only where the definition itself writes them and the text is still the one it wrote:
 * a value from outside, or a reviewer's edit, that looks like a reference stays a text.
 */
const withSecrets = async (
  template: JsonObject,
  args: JsonObject,
  secrets: (name: string) => Promise<string | undefined>,
): Promise<Filled> => {
  const places = new Map<string, string[]>();
  for (const { pointer, source } of expressionsOf(template)) {
    const name = SECRET_REFERENCE.exec(source)?.[1];
    if (name !== undefined) places.set(pointer, [...(places.get(pointer) ?? []), name]);
  }
  const used = new Map<string, string>();
  if (places.size === 0) return { ok: true, arguments: args, used };
  for (const name of new Set([...places.values()].flat())) {
    const secret = await secrets(name);
    if (secret === undefined) return permanent('secret_missing', `The secret ${name} does not exist.`);
    used.set(name, secret);
  }
  const put = (value: Json, written: Json | undefined, pointer: string): Json => {
    if (typeof value === 'string') {
      const names = places.get(pointer);
      if (!names || typeof written !== 'string' || asShown(written, names) !== value) return value;
      return names.reduce((text, name) => text.replaceAll(secretText(name), () => used.get(name) ?? ''), value);
    }
    if (value === null || typeof value !== 'object') return value;
    const inner = (key: string | number): Json | undefined =>
      typeof written === 'object' && written !== null ? (written as { readonly [key: string]: Json })[key] : undefined;
    if (Array.isArray(value)) return value.map((item: Json, index) => put(item, inner(index), `${pointer}/${index}`));
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        key,
        put(member, inner(key), `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
      ]),
    );
  };
  return { ok: true, arguments: put(args, template, '') as JsonObject, used };
};

/** The text that the definition's own comes to: its references in the one form in which they are kept. */
const asShown = (written: string, names: readonly string[]): string =>
  names.reduce(
    (text, name) => text.replaceAll(new RegExp(`\\{\\{\\s*secrets\\.${name}\\s*\\}\\}`, 'g'), secretText(name)),
    written,
  );
