/** Values that a JSON schema nearly allows: mostly right, with something hostile in some place. */
import fc from 'fast-check';

export type JsonSchema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
};

export type Surroundings = {
  readonly resolve: (reference: string) => JsonSchema;
  /** Texts that may fit a pattern: ids that exist, names, addresses. */
  readonly texts: readonly string[];
};

const HOSTILE_TEXTS = [
  '',
  ' ',
  '\n',
  '\t',
  '\u0000',
  'a\u0000b',
  '\u202egnp.exe',
  '\ufeff',
  '\u200b',
  'é',
  '💥',
  '\u{1f468}\u200d\u{1f469}',
  "' or '1'='1",
  '"; drop table approval; --',
  '%',
  '%00',
  '../../etc/passwd',
  '{{secrets.TOKEN}}',
  '${7*7}',
  '{amount}',
  '{',
  '<script>alert(1)</script>',
  'javascript:alert(1)',
  'constructor',
  '__proto__',
  'null',
  'NaN',
  '-1',
  '1e309',
  '9007199254740993',
  '2026-02-30T00:00:00Z',
  '999999-01-01',
  'x'.repeat(5000),
  '\\',
  '~0~1',
  'apr_',
  `apr_${'z'.repeat(27)}`,
  'http://169.254.169.254/',
  'file:///etc/passwd',
];

/** As they are written on the wire, so that the strict parser sees what `JSON.stringify` would hide. */
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const HOSTILE_RAW = [
  '1e999',
  '-0',
  '9007199254740993',
  '1.0000000000000000001',
  '"\\ud800"',
  '{"a":1,"a":2}',
  '{"__proto__":{}}',
  `${'['.repeat(70)}${']'.repeat(70)}`,
].map((text) => new Raw(text));

export const hostileText = fc.constantFrom(...HOSTILE_TEXTS);

const hostile: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    5e-324,
    2 ** 31,
    2 ** 53 - 1,
    -(2 ** 31),
    [],
    {},
    [[]],
    [null],
    { '': '' },
    { a: { b: { c: [] } } },
  ),
  fc.constantFrom(...HOSTILE_RAW),
  fc.jsonValue({ maxDepth: 3 }),
);

const anyJson = fc.jsonValue({ maxDepth: 2 });

const textOf = (schema: JsonSchema, { texts }: Surroundings): fc.Arbitrary<unknown> => {
  const { minLength = 0, maxLength = 40 } = schema;
  if (schema.pattern !== undefined) {
    const pattern = new RegExp(schema.pattern, 'u');
    const fitting = texts.filter((text) => pattern.test(text));
    return fitting.length > 0 ? fc.constantFrom(...fitting) : fc.stringMatching(pattern);
  }
  if (schema.format === 'uri')
    return fc.constantFrom('http://127.0.0.1:59997/x', 'http://127.0.0.1:59997/{order}?q={amount}');
  return fc.oneof(fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 40) }), fc.constantFrom(...texts));
};

const plain = (schema: JsonSchema, around: Surroundings): fc.Arbitrary<unknown> => {
  if (schema.$ref !== undefined)
    return schema.$ref.endsWith('Json') ? anyJson : near(around.resolve(schema.$ref), around);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const variants = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (variants) return fc.oneof(...variants.map((variant) => near(variant, around)));
  const type = Array.isArray(schema.type) ? (schema.type as string[])[0] : schema.type;
  switch (type) {
    case 'string':
      return textOf(schema, around);
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? 0, -1000),
        max: Math.min(schema.maximum ?? 1000, 2 ** 31 - 1),
      });
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(near(schema.items ?? {}, around), { minLength: schema.minItems ?? 0, maxLength: 4 });
    case 'object':
      return objectOf(schema, around);
    default:
      return anyJson;
  }
};

const objectOf = (schema: JsonSchema, around: Surroundings): fc.Arbitrary<unknown> => {
  if (!schema.properties) {
    const values =
      typeof schema.additionalProperties === 'object' ? near(schema.additionalProperties, around) : anyJson;
    return fc.dictionary(fc.oneof(fc.string({ maxLength: 8 }), hostileText), values, { maxKeys: 4 });
  }
  const members = Object.fromEntries(
    Object.entries(schema.properties).map(([name, inner]) => [name, near(inner, around)]),
  );
  const required = (schema.required ?? []) as string[];
  return fc.oneof(
    { weight: 12, arbitrary: fc.record(members, { requiredKeys: required }) },
    { weight: 1, arbitrary: fc.record(members, { requiredKeys: [] }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.record(members, { requiredKeys: required }), hostileText, hostile)
        .map(([value, name, extra]) => ({ ...value, [name === '__proto__' ? 'proto' : name]: extra })),
    },
  );
};

/** Mostly what the schema allows. */
export const near = (schema: JsonSchema, around: Surroundings): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 40, arbitrary: plain(schema, around) }, { weight: 1, arbitrary: hostile });

/** JSON as text, with raw pieces as they are. */
export const write = (value: unknown): string => {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`)
      .join(',')}}`;
  return JSON.stringify(value) ?? 'null';
};
