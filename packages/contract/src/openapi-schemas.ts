/** JSON schemas of the wire shapes, gathered under `#/components/schemas` so that generated clients get types with names. */
import { z } from 'zod';
import { EventName, StreamEvent } from './events.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';
import * as access from './schemas/access.ts';
import * as account from './schemas/account.ts';
import * as agents from './schemas/agents.ts';
import * as approvals from './schemas/approvals.ts';
import * as receipts from './schemas/receipts.ts';
import { Actor } from './schemas/common.ts';
import * as conversations from './schemas/conversations.ts';
import * as executions from './schemas/executions.ts';
import * as figures from './schemas/figures.ts';
import * as grants from './schemas/grants.ts';
import * as people from './schemas/people.ts';
import * as policies from './schemas/policies.ts';
import * as signing from './schemas/signing.ts';
import * as tools from './schemas/tools.ts';
import * as workflows from './schemas/workflows.ts';

export type Schema = Record<string, unknown>;
type Direction = 'input' | 'output';

/** What zod calls the one recursive type there is, any JSON value. */
const ANY_JSON = '__schema0';

const table: readonly Route[] = Object.values(routes);
const queries = new Set(table.flatMap((route) => route.query ?? []));
const bodies = new Set(table.flatMap((route) => route.body ?? []));

/** Queries are written out as parameters, and a preprocessed shape is the one it ends in. */
const isNamed = (entry: [string, unknown]): entry is [string, z.ZodType] =>
  /^[A-Z][a-z]/.test(entry[0]) &&
  entry[1] instanceof z.ZodType &&
  !(entry[1] instanceof z.ZodPipe) &&
  !queries.has(entry[1]);

const shapes: Record<string, unknown> = {
  ...access,
  ...account,
  ...agents,
  ...approvals,
  ...receipts,
  ...executions,
  ...conversations,
  ...figures,
  ...grants,
  ...people,
  ...policies,
  ...signing,
  ...tools,
  ...workflows,
  Actor,
  EventName,
  StreamEvent,
};
const named = new Map(Object.entries(shapes).filter(isNamed));

/** Names for our shapes, beside the descriptions that zod keeps. */
const registry = z.registry<z.core.GlobalMeta>();
for (const [id, type] of named) registry.add(type, { ...z.globalRegistry.get(type), id });
const ownMetadata = registry.get.bind(registry);
registry.get = (type) => ownMetadata(type) ?? z.globalRegistry.get(type);

const whole = (type: z.ZodType, io: Direction): string =>
  JSON.stringify(z.toJSONSchema(type, { io, unrepresentable: 'any' }));

/** Shapes that look otherwise when sent than when received, such as those with defaults. */
const twofold = new Set(
  [...named].filter(([, type]) => whole(type, 'input') !== whole(type, 'output')).map(([name]) => name),
);

const componentName = (name: string, io: Direction): string => {
  if (name === ANY_JSON) return 'Json';
  const type = named.get(name);
  // A body is only ever sent, so that its plain name is free.
  return io === 'input' && twofold.has(name) && !(type && bodies.has(type)) ? `${name}Input` : name;
};

/** A converter that keeps the named shapes it meets in `components`. */
export const schemaCollector = () => {
  const components: Record<string, Schema> = {};

  const schemaOf = (type: z.ZodType, io: Direction): Schema => {
    const options = { io, metadata: registry, unrepresentable: 'any', reused: 'inline' } as const;
    const text = JSON.stringify(z.toJSONSchema(type, options)).replace(
      /"#\/\$defs\/(\w+)"/g,
      (_, name: string) => `"#/components/schemas/${componentName(name, io)}"`,
    );
    const { $schema: _, $defs = {}, ...schema } = JSON.parse(text) as Schema & { $defs?: Record<string, Schema> };
    for (const [name, definition] of Object.entries($defs)) {
      const { id: _id, ...rest } = definition;
      components[componentName(name, io)] = rest;
    }
    return schema;
  };

  return { components, schemaOf };
};
