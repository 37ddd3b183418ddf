/** A resource of the Python client: a class with a method an operation, once blocking and once for asyncio. */
import { identifier, literal, methodOf, pascal, snake } from './names.ts';
import type { Schema, Types } from './types.ts';

export type Operation = {
  readonly name: string;
  readonly resource: string;
  readonly method: string;
  readonly path: string;
  readonly document: Schema;
};

type Parameter = { readonly wire: string; readonly type: string; readonly isNeeded: boolean; readonly text: string };

/** Written by hand, since they are more than one request: streams, and waiting. */
const BY_HAND = new Set([
  'waitForApproval',
  'streamExecution',
  'streamConversation',
  'postMessageAndStream',
  'streamEvents',
]);

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

const contentOf = (holder: unknown): Content => (holder as { content?: Content } | undefined)?.content ?? {};

const successOf = ({ responses }: { responses?: Readonly<Record<string, unknown>> }): Content =>
  contentOf(Object.entries(responses ?? {}).find(([status]) => status !== 'default')?.[1]);

const described = (schema: Schema): string => {
  const text = schema['description'];
  return typeof text === 'string' ? text.replaceAll('\\', '\\\\').replaceAll('"', "'") : '';
};

const parameterOf =
  (types: Types, owner: string, required: ReadonlySet<string>) =>
  ([wire, schema]: [string, Schema]): Parameter => ({
    wire,
    type: types.typeOf(schema, `${owner}${pascal(wire)}`),
    isNeeded: required.has(wire),
    text: described(schema),
  });

/** What a method needs to know of its operation. */
const readOperation = (types: Types, operation: Operation) => {
  const { name, path, document } = operation;
  const owner = pascal(name);
  const parameters = (document['parameters'] ?? []) as {
    name: string;
    in: string;
    required: boolean;
    schema: Schema;
  }[];
  const inQuery = parameters.filter((one) => one.in === 'query');
  const needed = new Set(inQuery.filter(({ required }) => required).map((one) => one.name));
  const query = inQuery.map((one) => parameterOf(types, owner, needed)([one.name, one.schema]));
  const bodySchema = contentOf(document['requestBody'])['application/json']?.schema;
  const resolved = bodySchema ? types.resolve(bodySchema) : {};
  const properties = resolved['properties'] as Record<string, Schema> | undefined;
  const bodyNeeds = new Set((resolved['required'] ?? []) as string[]);
  const body = properties ? Object.entries(properties).map(parameterOf(types, owner, bodyNeeds)) : [];
  const whole = bodySchema && !properties ? types.typeOf(bodySchema, `${owner}Input`) : undefined;
  const success = successOf(document);
  const answer = success['application/json']?.schema;
  return {
    path: [...path.matchAll(/\{(\w+)\}/g)].map(([, one = '']) => one),
    query,
    body,
    hasBody: bodySchema !== undefined,
    whole,
    isFile: 'application/x-ndjson' in success,
    isText: 'text/plain' in success,
    answer: answer ? types.typeOf(answer, `${owner}Answer`) : 'None',
    item: answer ? itemOf(types, types.resolve(answer), owner, query) : undefined,
    isKeyed: parameters.some((one) => one.in === 'header' && one.name === 'Idempotency-Key'),
  };
};

const itemOf = (types: Types, answer: Schema, owner: string, query: readonly Parameter[]): string | undefined => {
  const { data, next_cursor: next } = (answer['properties'] ?? {}) as Record<string, Schema | undefined>;
  if (!data || !next || !query.some(({ wire }) => wire === 'cursor')) return undefined;
  return types.typeOf((data['items'] ?? {}) as Schema, `${owner}AnswerData`);
};

type Read = ReturnType<typeof readOperation>;

const keywordOf = ({ wire, type, isNeeded }: Parameter): string =>
  `        ${identifier(wire)}: ${isNeeded ? type : `Union[${type}, Omitted] = OMITTED`},\n`;

const valueOf = ({ wire }: Parameter): string => `${literal(wire)}: ${identifier(wire)}`;

const docstring = (document: Schema, parameters: readonly Parameter[], isShort: boolean): string => {
  const summary = ((document['summary'] ?? '') as string).replaceAll('"', "'");
  const permission = described(document);
  const told = isShort ? [] : parameters.filter(({ text }) => text !== '');
  const more = [permission, told.map(({ wire, text }) => `:param ${identifier(wire)}: ${text}`).join('\n        ')];
  const rest = more.filter((text) => text !== '').map((text) => `\n\n        ${text}`);
  return `        """${summary}.${rest.join('')}${rest.length > 0 ? '\n        ' : ''}"""\n`;
};

const addressOf = (path: string): string =>
  path.includes('{') ? `f"${path.replaceAll(/\{(\w+)\}/g, '{segment($1)}')}"` : `"${path}"`;

const signature = (
  method: string,
  read: Read,
  keywords: readonly Parameter[],
  prefix: string,
  answer: string,
): string => {
  const inPath = read.path.map((name) => `        ${name}: str,\n`).join('');
  const whole = read.whole ? `        body: ${read.whole},\n` : '';
  const sorted = keywords.toSorted((a, b) => Number(b.isNeeded) - Number(a.isNeeded));
  const key = read.isKeyed ? '        idempotency_key: Optional[str] = None,\n' : '';
  return `    ${prefix}def ${method}(\n        self,\n${inPath}${whole}        *,\n${sorted.map(keywordOf).join('')}${key}        options: Optional[CallOptions] = None,\n    ) -> ${answer}:\n`;
};

const requestLines = (operation: Operation, read: Read): string => {
  const parts = [`            "${operation.method}",\n            ${addressOf(operation.path)},\n`];
  if (read.query.length > 0) parts.push(`            query={${read.query.map(valueOf).join(', ')}},\n`);
  if (read.whole) parts.push('            body=body,\n');
  else if (read.hasBody) parts.push(`            body=present({${read.body.map(valueOf).join(', ')}}),\n`);
  if (read.isKeyed) parts.push('            keyed=True,\n            idempotency_key=idempotency_key,\n');
  return `${parts.join('')}            options=options,\n`;
};

const methodFor = (operation: Operation, read: Read, isAsync: boolean): string => {
  const name = methodOf(operation.name, operation.resource);
  const keywords = [...read.query, ...read.body];
  const doc = docstring(operation.document, keywords, isAsync);
  const prefix = isAsync ? 'async ' : '';
  const waits = isAsync ? 'await ' : '';
  const request = requestLines(operation, read);
  if (read.isFile) {
    const answer = isAsync ? 'AsyncIterator[bytes]' : 'Iterator[bytes]';
    const address = request.replace(/^ +"GET",\n/, '').replace(/options=options,\n$/, 'options=options,\n');
    return `${signature(name, read, keywords, '', answer)}${doc}        return self._client._download(\n${address}        )\n`;
  }
  if (read.isText)
    return `${signature(name, read, keywords, prefix, 'str')}${doc}        text: str = ${waits}self._client._text(\n${request.replace(/^ +"GET",\n/, '')}        )\n        return text\n`;
  const call = `${waits}self._client._call(\n${request}        )\n`;
  const body =
    read.answer === 'None' ? `        ${call}` : `        answer: ${read.answer} = ${call}        return answer\n`;
  return `${signature(name, read, keywords, prefix, read.answer)}${doc}${body}`;
};

const iterationFor = (operation: Operation, read: Read, isAsync: boolean): string => {
  if (!read.item) return '';
  const list = methodOf(operation.name, operation.resource);
  const name = list.replace(/^list/, 'iterate');
  const query = read.query.filter(({ wire }) => wire !== 'cursor');
  const iterator = isAsync ? `AsyncIterator[${read.item}]` : `Iterator[${read.item}]`;
  const given = [...read.path, ...query.map(({ wire }) => `${identifier(wire)}=${identifier(wire)}`)];
  const call = [...given, 'cursor=cursor', 'options=options'].join(', ');
  const words = `        """Every item of \`${list}\`, page after page; the next page is asked for when it is needed."""\n`;
  const loop = isAsync ? 'async for item in each_item_async' : 'for item in each_item';
  return `\n${signature(name, read, query, isAsync ? 'async ' : '', iterator)}${words}        ${loop}(lambda cursor: self.${list}(${call})):\n            yield item\n`;
};

/** The two classes of a resource. */
export const resourceClasses = (types: Types, resource: string, operations: readonly Operation[]): string => {
  const name = pascal(resource);
  const reads = operations
    .filter((operation) => !BY_HAND.has(operation.name))
    .map((operation) => ({ operation, read: readOperation(types, operation) }));
  for (const operation of operations.filter((one) => BY_HAND.has(one.name))) {
    const success = successOf(operation.document);
    for (const { schema } of Object.values(success)) types.typeOf(schema, `${pascal(operation.name)}Answer`);
  }
  const classOf = (isAsync: boolean): string => {
    const methods = reads.map(
      ({ operation, read }) => methodFor(operation, read, isAsync) + iterationFor(operation, read, isAsync),
    );
    const base = isAsync ? 'AsyncResource' : 'Resource';
    const what = `"""Operations under \`/v1/${snake(resource).replaceAll('_', '-')}\`."""`;
    return `class ${isAsync ? 'Async' : ''}${name}Api(${base}):\n    ${what}\n\n${methods.join('\n')}`;
  };
  return `${classOf(false)}\n\n${classOf(true)}`;
};
