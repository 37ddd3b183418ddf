/** What a schema says, as a table that people read: a row a field, fields within fields below it. */
import { type Html, html, prose } from '../html.ts';
import { type Api, type Schema, nameOf, resolved } from './document.ts';

/** @returns where the shape of this name is described, or nothing where the reader should see it in place */
export type LinkOf = (name: string) => string | undefined;

/** Names are written out down to here; below, they are links. */
const DEPTH_MAX = 3;

type Labels = { readonly kind: Html; readonly inside: readonly { readonly title: string; readonly schema: Schema }[] };

const isNull = (schema: Schema): boolean => schema.type === 'null';

const listOf = (parts: readonly Html[], word: string): Html =>
  html`${parts.map((part, index) => [index === 0 ? '' : ` ${word} `, part])}`;

const typeName = ({ type, format }: Schema): string => {
  const name = typeof type === 'string' ? type : (type ?? []).filter((one) => one !== 'null').join(' or ');
  if (format === 'date-time') return 'time';
  return name === 'object' ? 'object' : name || 'any value';
};

/** A type in words, and the shapes that stand inside of it. */
const labelsOf = (api: Api, schema: Schema, link: LinkOf): Labels => {
  const name = nameOf(schema);
  if (name === 'Json') return { kind: html`any JSON`, inside: [] };
  const address = name === undefined ? undefined : link(name);
  const whole = resolved(api, schema);
  if (address !== undefined && name !== undefined && (whole.properties || whole.anyOf || whole.oneOf))
    return { kind: html`<a href="${address}">${name}</a>`, inside: [] };
  const shapes = whole.anyOf ?? whole.oneOf;
  if (shapes) {
    const real = shapes.filter((shape) => !isNull(shape));
    const labels = real.map((shape) => labelsOf(api, shape, link));
    const kinds = labels.map(({ kind }) => kind);
    const orNull = real.length < shapes.length ? html` or <code>null</code>` : '';
    const inside = labels.flatMap((label) => label.inside);
    if (real.length > 1 && inside.length > 1)
      return {
        kind: html`one of ${real.length}${orNull}`,
        inside: inside.map((one, index) => ({ ...one, title: variantTitle(api, one.schema, index) })),
      };
    return { kind: html`${listOf(kinds, 'or')}${orNull}`, inside };
  }
  if (whole.enum)
    return {
      kind: html`${listOf(
        whole.enum.map((one) => html`<code>${JSON.stringify(one)}</code>`),
        'or',
      )}`,
      inside: [],
    };
  if (whole.const !== undefined) return { kind: html`<code>${JSON.stringify(whole.const)}</code>`, inside: [] };
  if (whole.type === 'array') {
    const item = labelsOf(api, whole.items ?? {}, link);
    return { kind: html`list of ${item.kind}`, inside: item.inside };
  }
  if (whole.properties) return { kind: html`object`, inside: [{ title: '', schema: whole }] };
  if (typeof whole.additionalProperties === 'object') {
    const value = labelsOf(api, whole.additionalProperties, link);
    return { kind: html`object of ${value.kind}`, inside: value.inside };
  }
  const orNull = Array.isArray(whole.type) && whole.type.includes('null') ? html` or <code>null</code>` : '';
  return { kind: html`${typeName(whole)}${orNull}`, inside: [] };
};

/** A variant is named by the constant that tells it apart. */
const variantTitle = (api: Api, schema: Schema, index: number): string => {
  const constant = Object.entries(schema.properties ?? {}).find(
    ([, property]) => resolved(api, property).const !== undefined,
  );
  if (!constant) return `Form ${index + 1}`;
  return `${constant[0]}: ${JSON.stringify(resolved(api, constant[1]).const)}`;
};

/** Bounds, in words. Those of every integer are no news. */
const boundsOf = (schema: Schema): string[] => {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, pattern } = schema;
  const isSaid = (bound: number | undefined): bound is number =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const prefix = /^\^([a-z]{3})_\[0-9A-Za-z\]\{27\}\$$/.exec(pattern ?? '')?.[1];
  const isForm = prefix === undefined && pattern !== undefined && pattern.length < 60 && schema.format === undefined;
  return [
    isSaid(minimum) && isSaid(maximum)
      ? `${minimum} to ${maximum}`
      : isSaid(minimum)
        ? `at least ${minimum}`
        : isSaid(maximum)
          ? `at most ${maximum}`
          : '',
    minLength !== undefined && minLength > 1 ? `at least ${minLength} characters` : '',
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
    minItems === undefined || minItems === 0 ? '' : `at least ${minItems}`,
    maxItems === undefined ? '' : `at most ${maxItems}`,
    prefix === undefined ? '' : `an id, \`${prefix}_…\``,
    isForm ? `matches \`${pattern}\`` : '',
  ].filter((text) => text !== '');
};

const defaultOf = ({ default: value }: Schema): Html | '' =>
  value === undefined ? '' : html` <span class="bound">Default <code>${JSON.stringify(value)}</code>.</span>`;

const describe = (api: Api, schema: Schema): Html => {
  const whole = resolved(api, schema);
  const bounds = boundsOf(whole).join(', ');
  const sentence = whole.description ? `${whole.description.charAt(0).toUpperCase()}${whole.description.slice(1)}` : '';
  return html`${sentence ? html`${prose(sentence)}${/[.:]$/.test(sentence) ? '' : '.'}` : ''}${
    bounds ? html` <span class="bound">${prose(`${bounds.charAt(0).toUpperCase()}${bounds.slice(1)}`)}.</span>` : ''
  }${defaultOf(whole)}`;
};

const row = (api: Api, name: string, schema: Schema, isRequired: boolean, link: LinkOf, depth: number): Html => {
  const { kind, inside } = labelsOf(api, schema, link);
  const nested = depth < DEPTH_MAX ? inside : [];
  return html`<div class="field">
    <dt>
      <code class="name">${name}</code> <span class="kind">${kind}</span>${
        isRequired ? html` <span class="required">required</span>` : ''
      }
    </dt>
    <dd>
      ${describe(api, schema)}${nested.map(
        ({ title, schema: child }) =>
          html`<details class="within">
            <summary>${title || `Fields of ${name}`}</summary>
            ${fields(api, child, link, depth + 1)}
          </details>`,
      )}
    </dd>
  </div>`;
};

const fields = (api: Api, schema: Schema, link: LinkOf, depth: number): Html =>
  html`<dl class="fields">
    ${Object.entries(schema.properties ?? {}).map(([name, child]) =>
      row(api, name, child, schema.required?.includes(name) ?? false, link, depth),
    )}
  </dl>`;

/** A body, an answer or an object, whole. */
export const schemaTable = (api: Api, schema: Schema, link: LinkOf): Html => {
  const whole = resolved(api, schema);
  if (whole.properties)
    return Object.keys(whole.properties).length === 0 ? html`<p>An empty object.</p>` : fields(api, whole, link, 0);
  const { kind, inside } = labelsOf(api, whole, link);
  return html`<p>${inside.length > 1 ? html`One of ${inside.length} forms.` : html`${kind}.`}</p>
    ${inside.map(
      ({ title, schema: child }) => html`${title ? html`<h5>${title}</h5>` : ''}${fields(api, child, link, 0)}`,
    )}`;
};

/** Parameters in path, query and header. */
export const parameterTable = (
  api: Api,
  parameters: readonly { name: string; schema: Schema; required: boolean; description?: string }[],
  link: LinkOf,
): Html =>
  html`<dl class="fields">
    ${parameters.map(({ name, schema, required, description }) =>
      row(api, name, description === undefined ? schema : { ...schema, description }, required, link, 0),
    )}
  </dl>`;

/** Names of the shapes that a schema mentions, however deep, without going into them. */
export const namesIn = (schema: unknown): string[] => {
  if (typeof schema !== 'object' || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap(namesIn);
  const own = '$ref' in schema && typeof schema.$ref === 'string' ? [schema.$ref.split('/').at(-1) ?? ''] : [];
  return [...own, ...Object.values(schema).flatMap(namesIn)];
};
