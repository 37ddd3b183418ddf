/** The OpenAPI document as the pages need it: operations by resource, schemas by name. */
import { type Route, type RouteName, openApiDocument, routes } from '@countersign/contract';

export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
};

export type Parameter = {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
  readonly description?: string;
};

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

type OperationDocument = {
  readonly operationId: RouteName;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: Content }>>;
};

export type Operation = {
  readonly name: RouteName;
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
  readonly status: number;
  /** Of success. */
  readonly answer: { readonly mediaType: string; readonly schema: Schema } | null;
  readonly route: Route;
};

export type Api = {
  readonly operations: readonly Operation[];
  readonly tags: readonly string[];
  readonly schemas: Readonly<Record<string, Schema>>;
};

type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationDocument>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

const operationOf = (path: string, method: string, document: OperationDocument): Operation => {
  const route: Route = routes[document.operationId];
  const [mediaType, content] = Object.entries(document.responses[route.status]?.content ?? {})[0] ?? [];
  return {
    name: document.operationId,
    method: method.toUpperCase(),
    path,
    tag: document.tags[0] ?? '',
    summary: document.summary,
    parameters: document.parameters,
    body: document.requestBody?.content['application/json']?.schema ?? null,
    status: route.status,
    answer: mediaType !== undefined && content ? { mediaType, schema: content.schema } : null,
    route,
  };
};

export const readApi = (): Api => {
  const { paths, components } = openApiDocument() as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, document]) => operationOf(path, method, document)),
  );
  return { operations, tags: [...new Set(operations.map(({ tag }) => tag))], schemas: components.schemas };
};

export const nameOf = ({ $ref }: Schema): string | undefined => $ref?.split('/').at(-1);

/** Follows a reference; what stands beside it, such as a description, wins. */
export const resolved = (api: Api, schema: Schema): Schema => {
  const name = nameOf(schema);
  if (name === undefined) return schema;
  const { $ref: _, ...beside } = schema;
  return { ...resolved(api, api.schemas[name] ?? {}), ...beside };
};

/** Address of a resource's page: `Schedules and webhooks` is `api/schedules-and-webhooks`. */
export const tagPath = (tag: string): string => `api/${tag.toLowerCase().replaceAll(' ', '-')}`;
