/** Compares every answer of the API with the OpenAPI document that we publish: no undeclared member, no bug told as one. */
import { PROBLEMS, type ProblemCode, type Route, type RouteName, openApiDocument, routes } from '@countersign/contract';
import addFormats from 'ajv-formats';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const ORIGIN = 'https://countersign.invalid/openapi.json';

type Content = { readonly content?: { readonly 'application/json'?: { readonly schema: object } } };
type Document = {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Content>> }>>>
  >;
  readonly components: { readonly schemas: object };
};

const document = openApiDocument() as unknown as Document;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: ORIGIN, components: document.components });

const compiled = new Map<RouteName, ValidateFunction>();

const validatorOf = (name: RouteName): ValidateFunction => {
  const known = compiled.get(name);
  if (known) return known;
  const route: Route = routes[name];
  const schema =
    document.paths[route.path]?.[route.method.toLowerCase()]?.responses[String(route.status)]?.content?.[
      'application/json'
    ]?.schema;
  if (!schema) throw new Error(`${name} has no response in the document`);
  // The document's references are relative to itself.
  const text = JSON.stringify(schema).replaceAll('"#/', `"${ORIGIN}#/`);
  const validate = ajv.compile(JSON.parse(text) as object);
  compiled.set(name, validate);
  return validate;
};

const table = (Object.entries(routes) as [RouteName, Route][])
  .map(([name, route]) => ({ name, route, pattern: new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) }))
  .toSorted((a, b) => Number(a.route.path.includes('{')) - Number(b.route.path.includes('{')));

/** The route of a request, if there is one. */
export const routeOf = (
  method: string,
  path: string,
): { readonly name: RouteName; readonly route: Route } | undefined => {
  const bare = path.split('?')[0] ?? '';
  return table.find(({ route, pattern }) => route.method === method && pattern.test(bare));
};

/** Text that only a bug of ours would let out. */
const LEAK = /node_modules|\.ts:\d+|at Object\.|at async |select .* from |relation \\?"|violates /i;

const checkProblem = (status: number, contentType: string, text: string): string | undefined => {
  if (!contentType.startsWith('application/problem+json')) return `a refusal as ${contentType}`;
  const problem = JSON.parse(text) as Record<string, unknown>;
  for (const member of ['type', 'title', 'detail', 'instance', 'code'])
    if (typeof problem[member] !== 'string' || problem[member] === '') return `a problem without ${member}`;
  if (problem['status'] !== status) return `a problem that says ${String(problem['status'])}`;
  if (!Object.hasOwn(PROBLEMS, String(problem['code']))) return `the unknown code ${String(problem['code'])}`;
  if (PROBLEMS[problem['code'] as ProblemCode].status !== status) return `${String(problem['code'])} as ${status}`;
  const errors = problem['errors'];
  if (errors !== undefined && !(Array.isArray(errors) && errors.length > 0 && errors.every(isFieldProblem)))
    return 'errors that are none';
  return LEAK.test(text) ? 'something from the inside' : undefined;
};

const isFieldProblem = (value: unknown): boolean => {
  const { pointer, detail } = value as Record<string, unknown>;
  return (
    typeof pointer === 'string' &&
    (pointer === '' || pointer.startsWith('/')) &&
    typeof detail === 'string' &&
    detail !== ''
  );
};

/** Statuses that say that something else does not work, which a test may bring about on purpose. */
const OTHERS_FAULT = new Set([502, 503]);

/** @returns what is wrong with an answer, or undefined */
export const faultOf = (
  request: { readonly method: string; readonly path: string },
  answer: { readonly status: number; readonly headers: Headers; readonly text: string },
): string | undefined => {
  const { status, headers, text } = answer;
  const contentType = headers.get('content-type') ?? '';
  if (!request.path.startsWith('/v1/') || request.path.startsWith('/v1/openapi.json') || request.method === 'HEAD')
    return undefined;
  if (status >= 500 && !OTHERS_FAULT.has(status)) return `${status}: ${text}`;
  if (status >= 400) return checkProblem(status, contentType, text);
  const found = routeOf(request.method, request.path);
  if (!found) return `${status} from a path that is no route`;
  if (status !== found.route.status) return `${status} instead of ${found.route.status}`;
  if (found.route.file) return contentType.startsWith(found.route.file) ? undefined : `a file as ${contentType}`;
  if (found.route.stream) return contentType.startsWith('text/event-stream') ? undefined : `a stream as ${contentType}`;
  if (found.route.response === null) return text === '' ? undefined : 'a body where there is none';
  if (!contentType.startsWith('application/json')) return `an answer as ${contentType}`;
  const validate = validatorOf(found.name);
  return validate(JSON.parse(text)) ? undefined : ajv.errorsText(validate.errors);
};
