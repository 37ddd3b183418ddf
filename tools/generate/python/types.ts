/** JSON schemas as Python types: `TypedDict`s, in a module an area. */
import { isIdentifier, literal, pascal } from './names.ts';

export type Schema = Readonly<Record<string, unknown>>;

type Place = { readonly area: string; readonly code: string };

const REFERENCE = '#/components/schemas/';

/** What every module of types and of methods begins with. */
export const TYPING = 'from typing import Any, Dict, List, Literal, TypedDict, Union';

/** Without what says nothing about the shape, so that like shapes are found. */
const shapeOf = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(shapeOf);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { description: _, ...rest } = schema as Record<string, unknown>;
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, shapeOf(value)]));
};

const documented = (schema: Schema, indent: string): string => {
  const text = schema['description'];
  return typeof text === 'string' ? `${indent}"""${text.replaceAll('\\', '\\\\').replaceAll('"', "'")}"""\n` : '';
};

/** Collects the types as they are first used: a module only ever needs those before it. */
export const typeCollector = (components: Readonly<Record<string, Schema>>) => {
  const places = new Map<string, Place>();
  const shapes = new Map<string, string>();
  const started = new Set<string>();
  let area = '';

  const taken = (name: string): string => {
    let free = name;
    for (let number = 2; started.has(free) || free in components; number += 1) free = `${name}${number}`;
    return free;
  };

  const define = (name: string, schema: Schema): void => {
    started.add(name);
    const code = Array.isArray(schema['oneOf'])
      ? `${name} = ${typeOf(schema, name)}\n`
      : schema['properties']
        ? typedDict(name, schema)
        : `${name} = ${typeOf(schema, name)}\n`;
    places.set(name, { area, code });
  };

  const reference = (name: string): string => {
    if (name === 'Json') return 'Any';
    if (!started.has(name)) define(name, components[name] ?? {});
    return name;
  };

  const named = (schema: Schema, hint: string): string => {
    const shape = JSON.stringify(shapeOf(schema));
    const known = shapes.get(shape);
    if (known) return known;
    const name = taken(hint);
    shapes.set(shape, name);
    define(name, schema);
    return name;
  };

  const union = (schemas: readonly Schema[], hint: string): string => {
    const types = schemas.map((one, index) => {
      const { type, kind } = (one['properties'] ?? {}) as Record<string, Schema | undefined>;
      const label = type?.['const'] ?? kind?.['const'];
      const isAlone = schemas.filter((other) => other['type'] !== 'null').length === 1;
      return typeOf(one, isAlone ? hint : `${hint}${typeof label === 'string' ? pascal(label) : index + 1}`);
    });
    const all = [...new Set(types)];
    if (all.includes('Any')) return 'Any';
    return all.length === 1 ? (all[0] ?? 'Any') : `Union[${all.join(', ')}]`;
  };

  const typeOf = (schema: Schema, hint: string): string => {
    const ref = schema['$ref'];
    if (typeof ref === 'string') return reference(ref.slice(REFERENCE.length));
    if ('const' in schema) return schema['const'] === null ? 'None' : `Literal[${literal(schema['const'])}]`;
    if (Array.isArray(schema['enum'])) return `Literal[${schema['enum'].map(literal).join(', ')}]`;
    const either = schema['anyOf'] ?? schema['oneOf'];
    if (Array.isArray(either)) return union(either as Schema[], hint);
    if (Array.isArray(schema['type']))
      return union(
        schema['type'].map((type) => ({ ...schema, type })),
        hint,
      );
    switch (schema['type']) {
      case 'string':
        return 'str';
      case 'integer':
        return 'int';
      case 'number':
        return 'float';
      case 'boolean':
        return 'bool';
      case 'null':
        return 'None';
      case 'array':
        return `List[${typeOf((schema['items'] ?? {}) as Schema, hint)}]`;
      case 'object': {
        if (schema['properties']) return named(schema, hint);
        const values = schema['additionalProperties'];
        return typeof values === 'object' ? `Dict[str, ${typeOf(values as Schema, hint)}]` : 'Dict[str, Any]';
      }
      default:
        return 'Any';
    }
  };

  const typedDict = (name: string, schema: Schema): string => {
    const properties = Object.entries(schema['properties'] as Record<string, Schema>);
    const required = new Set((schema['required'] ?? []) as string[]);
    const members = properties.map(([key, value]) => ({
      key,
      value,
      type: typeOf(value, `${name}${pascal(key)}`),
      isNeeded: required.has(key),
    }));
    const parts = [true, false]
      .map((isNeeded) => ({ isNeeded, members: members.filter((member) => member.isNeeded === isNeeded) }))
      .filter((part) => part.members.length > 0);
    if (parts.length === 0) return `class ${name}(TypedDict):\n${documented(schema, '    ') || '    pass\n'}`;
    // Python 3.10 has no `NotRequired`: what may be missing stands in a class of its own.
    const code = parts.map((part, index) => {
      const isLast = index === parts.length - 1;
      const own = isLast ? name : `_${name}Required`;
      const total = part.isNeeded ? '' : ', total=False';
      if (part.members.every(({ key }) => isIdentifier(key))) {
        const base = index > 0 ? `_${name}Required` : 'TypedDict';
        const lines = part.members.map(({ key, value, type }) => `    ${key}: ${type}\n${documented(value, '    ')}`);
        return `class ${own}(${base}${total}):\n${isLast ? documented(schema, '    ') : ''}${lines.join('')}`;
      }
      const alone = index > 0 ? `_${name}Optional` : own;
      const entries = part.members.map(({ key, type }) => `    ${literal(key)}: ${literal(type)},\n`).join('');
      const made = `${alone} = TypedDict(${literal(alone)}, {\n${entries}}${total})\n`;
      return index > 0 ? `${made}\n\nclass ${own}(_${name}Required, ${alone}):\n    pass\n` : made;
    });
    return code.join('\n\n');
  };

  return {
    /** Says whose types those are that come next. */
    enter: (name: string): void => {
      area = name;
    },
    typeOf,
    resolve: (schema: Schema): Schema =>
      typeof schema['$ref'] === 'string' ? (components[schema['$ref'].slice(REFERENCE.length)] ?? {}) : schema,
    areaOf: (name: string): string | undefined => places.get(name)?.area,
    places: (): ReadonlyMap<string, Place> => places,
  };
};

export type Types = ReturnType<typeof typeCollector>;

/** `from …` lines for the types of other modules that a text names. */
export const importsFor = (text: string, types: Types, own: string | null, from: string): string => {
  const bySource = new Map<string, string[]>();
  const code = text.replaceAll(/"""[^]*?"""/g, '');
  const names = new Set(code.match(/\b[A-Z]\w*\b/g));
  for (const name of [...names].toSorted()) {
    const area = types.areaOf(name);
    if (area && area !== own) bySource.set(area, [...(bySource.get(area) ?? []), name]);
  }
  return [...bySource]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([area, all]) => `from ${from}${area} import (\n${all.map((name) => `    ${name},\n`).join('')})\n`)
    .join('');
};
