/** An example of what a schema describes: its own example, or one made from what it says. */
import { type Api, type Schema, nameOf, resolved } from './document.ts';
import { DIGEST, KSUID } from './samples.ts';

/** By the field's name, where the schema says no more than "a text". */
const TEXTS: Readonly<Record<string, string>> = {
  title: 'Refund 40.00 EUR for order A17',
  name: 'Support EU',
  email: 'rosa@example.com',
  tool: 'refund',
  digest: DIGEST,
  view_digest: DIGEST,
  reason: 'Arrived broken',
  url: 'https://hooks.example.com/countersign',
  origin: 'https://shop.example.com',
  timezone: 'Europe/Berlin',
  time_zone: 'Europe/Berlin',
  cron: '0 9 * * 1-5',
  checkpoint: 'approve_refund',
  content: 'Order A17 arrived broken.',
  from: '09:00',
  to: '17:00',
  currency: 'EUR',
  base_url: 'https://models.example.com/v1',
  idempotency_header: 'Idempotency-Key',
  model: 'gpt-5',
  argument: 'amount',
  number: '+4915112345678',
  code: '123456',
  language: 'en-US',
  transfer_to: '+4915112345678',
  account_sid: 'AC0123456789abcdef0123456789abcdef',
};
/** A name says what it is the name of. */
const NAMES: Readonly<Record<string, string>> = {
  Tool: 'refund',
  Workflow: 'Refund',
  Policy: 'Refunds',
  Actor: 'Rosa',
};
/** Of ids that no pattern describes. */
const KINDS: Readonly<Record<string, string>> = {
  approval: 'apr',
  agent: 'agt',
  execution: 'exe',
  conversation: 'cnv',
  workflow: 'wfl',
  workspace: 'wsp',
  person: 'usr',
  tool: 'tol',
  step: 'stp',
  policy: 'pol',
};
/** What is null most of the time, where it may be. */
const SELDOM = new Set(['archived_at', 'revoked_at', 'held', 'claim', 'disabled_at', 'base_url', 'error', 'plan']);
/** Patterns that say "a text of this form", and one. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/^\^([a-z]{3})_\[0-9A-Za-z\]\{27\}\$$/, ''],
  [/^\^sha256:/, DIGEST],
  [/T\(\?:/, '2026-11-27T09:30:00Z'],
  [/^\^\(\?:\(\?:\\d\\d\[2468\].*\$$/, '2026-11-27'],
  [/\[01\]\\d\|2\[0-3\]/, '09:00'],
  [/^\^https\?:/, 'https://shop.example.com'],
  [/@/, 'rosa@example.com'],
  [/^\^[[(]?.?\[?a-zA-Z/, 'refund'],
  [/^\^\[a-z/, 'refund'],
];

/** Deeper than this, what is not required is left out. */
const DEPTH_MAX = 4;

/** @param pattern of an id; @returns an id of that kind */
const idOf = (pattern: string): string | undefined => {
  const prefix = /^\^([a-z]{2,5})_/.exec(pattern)?.[1];
  return prefix === undefined ? undefined : `${prefix}_${KSUID}`;
};

const textFor = (
  { format, pattern, minLength = 0, maxLength = 1000 }: Schema,
  key: string,
  owner: string | undefined,
): string => {
  if (format === 'date-time') return '2026-11-27T09:30:00Z';
  if (format === 'date') return '2026-11-27';
  if (format === 'email') return 'rosa@example.com';
  if (format === 'uri') return TEXTS['url'] ?? '';
  const known = TEXTS[key];
  if (known !== undefined && pattern !== undefined && new RegExp(pattern, 'u').test(known)) return known;
  if (pattern !== undefined) {
    const id = idOf(pattern);
    if (id !== undefined && new RegExp(pattern).test(id)) return id;
    const form = FORMS.find(([one, text]) => one.test(pattern) && new RegExp(pattern, 'u').test(text));
    if (form) return form[1];
  }
  const kind = /^(\w+)_id$/.exec(key)?.[1];
  const id = kind === undefined ? undefined : `${KINDS[kind] ?? kind.slice(0, 3)}_${KSUID}`;
  const named = key === 'name' && owner !== undefined ? NAMES[owner] : undefined;
  const text = named ?? known ?? id ?? (key.replaceAll('_', ' ') || 'text');
  return text.padEnd(minLength, 'x').slice(0, maxLength);
};

const numberFor = ({ minimum = 0, maximum, exclusiveMinimum }: Schema, key: string): number => {
  const wished = /seconds/.test(key) ? 3600 : /amount/.test(key) ? 40 : 1;
  const least = exclusiveMinimum === undefined ? Math.max(minimum, 0) : exclusiveMinimum + 1;
  return Math.min(Math.max(wished, least), maximum ?? wished);
};

/** Which of several shapes is shown: the first that says something. */
const chosen = (shapes: readonly Schema[]): Schema | undefined =>
  shapes.find(({ type }) => type !== 'null') ?? shapes[0];

export type ExampleOptions = {
  /** Also what may be left out: for answers. */
  readonly isWhole: boolean;
};

/** @param key the name of the field it is for, which says what a text is about */
export const exampleOf = (
  api: Api,
  schema: Schema,
  options: ExampleOptions,
  key = '',
  depth = 0,
  above: readonly string[] = [],
): unknown => {
  const name = nameOf(schema);
  if (name === 'Json') return key === 'arguments' ? { order: 'A17', amount: 40 } : 'Order A17 arrived broken.';
  if (name !== undefined && above.includes(name)) return null;
  const within = name === undefined ? above : [...above, name];
  const whole = resolved(api, schema);
  const next = (child: Schema, childKey: string): unknown =>
    exampleOf(api, child, options, childKey, depth + 1, within);
  if (whole.examples?.[0] !== undefined) return whole.examples[0];
  if (whole.const !== undefined) return whole.const;
  if (whole.default !== undefined && !options.isWhole) return whole.default;
  if (whole.enum) return whole.enum[0];
  const shapes = whole.anyOf ?? whole.oneOf ?? whole.allOf;
  if (shapes) {
    const isSeldom = SELDOM.has(key) && shapes.some(({ type: one }) => one === 'null');
    const isEmptyDeep = depth >= DEPTH_MAX && shapes.some(({ type: one }) => one === 'null');
    return isSeldom || isEmptyDeep ? null : exampleOf(api, chosen(shapes) ?? {}, options, key, depth, within);
  }
  const type = typeof whole.type === 'object' ? whole.type.find((one) => one !== 'null') : whole.type;
  const { propertyNames } = whole;
  if (type === 'object')
    return objectOf(
      propertyNames ? { ...whole, propertyNames: resolved(api, propertyNames) } : whole,
      options,
      key,
      depth,
      next,
    );
  if (type === 'array') {
    const isEmpty = (whole.minItems ?? 0) === 0 && (depth >= DEPTH_MAX || whole.items === undefined);
    return isEmpty ? [] : [next(whole.items ?? {}, key.replace(/s$/, ''))];
  }
  if (type === 'integer' || type === 'number') return numberFor(whole, key);
  if (type === 'boolean') return !key.startsWith('is_');
  if (type === 'null') return null;
  return textFor(whole, key, within.at(-1));
};

const objectOf = (
  { properties, required = [], additionalProperties, propertyNames }: Schema,
  { isWhole }: ExampleOptions,
  key: string,
  depth: number,
  next: (child: Schema, key: string) => unknown,
): unknown => {
  if (properties) {
    const shown = Object.entries(properties).filter(
      ([name]) =>
        required.includes(name) ||
        (name === 'at_most' && 'argument' in properties) ||
        (isWhole && depth < DEPTH_MAX - 1),
    );
    return Object.fromEntries(shown.map(([name, child]) => [name, next(child, name)]));
  }
  if (propertyNames?.enum && typeof additionalProperties === 'object')
    return Object.fromEntries(propertyNames.enum.map((name) => [name, next(additionalProperties, key)]));
  if (key === 'arguments') return { order: 'A17', amount: 40 };
  if (/schema|question/.test(key)) return { type: 'object', properties: { amount: { type: 'number', maximum: 100 } } };
  return typeof additionalProperties === 'object' &&
    key !== 'metadata' &&
    depth < DEPTH_MAX &&
    nameOf(additionalProperties) !== 'Json'
    ? { [key || 'name']: next(additionalProperties, key) }
    : {};
};
