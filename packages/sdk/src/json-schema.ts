/** The type of what meets a JSON schema, as far as types can say it: for the answers to questions. */
import type { WireApproval } from '@countersign/contract';

type Json = NonNullable<WireApproval['output']> | null;

type Simple<T> = T extends 'string'
  ? string
  : T extends 'number' | 'integer'
    ? number
    : T extends 'boolean'
      ? boolean
      : T extends 'null'
        ? null
        : T extends 'array'
          ? readonly Json[]
          : Readonly<Record<string, Json>>;

type Required<S> = S extends { readonly required: readonly (infer R)[] } ? R : never;

type Members<P, R> = { readonly [K in keyof P as K extends R ? K : never]: FromSchema<P[K]> } & {
  readonly [K in keyof P as K extends R ? never : K]?: FromSchema<P[K]>;
};

/** What a schema's `const`, `enum`, `properties`, `items` and `type` say; any JSON where they say nothing. */
export type FromSchema<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly properties: infer P }
      ? Members<P, Required<S>>
      : S extends { readonly type: 'array'; readonly items: infer I }
        ? readonly FromSchema<I>[]
        : S extends { readonly type: readonly (infer T)[] }
          ? Simple<T>
          : S extends { readonly type: infer T }
            ? Simple<T>
            : Json;
