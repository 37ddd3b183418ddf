/**
 * The Helm chart. Helm is not here, so a small program fills in the templates, as far as they use Helm's language: values, `if`,
 * `else`, `range` over a map, and the pipes below. Whatever else a template uses fails. A cluster has not seen the result.
 */
import { join } from 'node:path';
import { readSources } from '@countersign/docs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { blocksOf } from './markdown.ts';
import { files, read } from './repository.ts';

const CHART = 'deploy/helm/countersign';
type Values = Record<string, unknown>;
type Scope = Readonly<Record<string, unknown>>;

const lookUp = (path: string, scope: Scope): unknown =>
  path
    .replace(/^[.$]/, '')
    .split('.')
    .reduce<unknown>((value, name) => (value as Values | undefined)?.[name], scope);

const PIPES: Readonly<Record<string, (value: unknown, argument: unknown) => unknown>> = {
  quote: (value) => JSON.stringify(String(value)),
  toJson: (value) => JSON.stringify(value),
  default: (value, argument) => (value === '' || value === undefined ? argument : value),
};

const evaluate = (expression: string, scope: Scope): unknown =>
  expression.split(' | ').reduce<unknown>((value, part, index) => {
    const [name = '', argument] = part.trim().split(' ');
    if (index === 0) return lookUp(name, scope);
    const pipe = PIPES[name];
    if (!pipe) throw new Error(`no pipe ${name}`);
    return pipe(value, argument === undefined ? undefined : lookUp(argument, scope));
  }, undefined);

const isTrue = (value: unknown): boolean => Boolean(value) && JSON.stringify(value) !== '{}';

/** Where the block that begins at a place ends, and where its `else` is. */
const endOf = (lines: readonly string[], start: number): { end: number; otherwise: number | undefined } => {
  let depth = 0;
  let otherwise: number | undefined;
  for (let at = start + 1; at < lines.length; at++) {
    const [, word] = /^\{\{- (if|range|else|end)\b/.exec(lines[at] ?? '') ?? [];
    if (word === 'if' || word === 'range') depth += 1;
    if (word === 'else' && depth === 0) otherwise = at;
    if (word === 'end' && depth-- === 0) return { end: at, otherwise };
  }
  throw new Error(`nothing ends ${lines[start]}`);
};

const render = (lines: readonly string[], scope: Scope): string[] => {
  const out: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const [, word, expression = ''] = /^\{\{- (if|range) (.+) \}\}$/.exec(line) ?? [];
    if (word === undefined) {
      out.push(line.replaceAll(/\{\{ (.+?) \}\}/g, (_, inner: string) => String(evaluate(inner, scope))));
      continue;
    }
    const { end, otherwise } = endOf(lines, at);
    const inside = lines.slice(at + 1, otherwise ?? end);
    if (word === 'if') {
      const isMet = isTrue(evaluate(expression, scope));
      out.push(...render(isMet ? inside : otherwise === undefined ? [] : lines.slice(otherwise + 1, end), scope));
    } else {
      const map = evaluate(expression.split(' := ')[1] ?? '', scope) as Values;
      // As Helm does: by name.
      for (const [name, value] of Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        out.push(...render(inside, { ...scope, name, value }));
    }
    at = end;
  }
  return out;
};

const defaults = parse(read(join(CHART, 'values.yaml'))) as Values;
const isMap = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);
const merged = (base: Values, over: Values): Values =>
  Object.fromEntries(
    [...new Set([...Object.keys(base), ...Object.keys(over)])].map((key) => {
      const [a, b] = [base[key], over[key]];
      return [key, isMap(a) && isMap(b) ? merged(a, b) : (b ?? a)];
    }),
  );

type Container = {
  readonly command?: string[];
  readonly image: string;
  readonly env?: { name: string; value: string }[];
  readonly securityContext: Values;
  readonly livenessProbe?: { httpGet: { path: string } };
  readonly readinessProbe?: { httpGet: { path: string } };
};
type PodSpec = {
  readonly securityContext: Values;
  readonly initContainers: Container[];
  readonly containers: Container[];
};
type Manifest = {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Record<string, string>;
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: object };
    readonly template: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec };
  };
};

const manifests = (values: Values): Manifest[] => {
  const Chart = parse(read(join(CHART, 'Chart.yaml'))) as { appVersion: string };
  const scope = {
    Values: merged(defaults, values),
    Release: { Name: 'countersign' },
    Chart: { AppVersion: Chart.appVersion },
  };
  return files
    .filter((path) => path.startsWith(`${CHART}/templates/`) && path.endsWith('.yaml'))
    .map((path) => render(read(path).split('\n'), scope).join('\n'))
    .filter((text) => text.trim() !== '')
    .map((text) => parse(text) as Manifest);
};

const examples = [...readSources().values()].flatMap(({ text }) =>
  blocksOf(text)
    .filter(({ language, info }) => language === 'yaml' && info === 'helm-values')
    .map((block) => parse(block.text) as Values),
);

describe('the chart', () => {
  const isValid = new Ajv({ strict: false, allErrors: true }).compile(
    JSON.parse(read(join(CHART, 'values.schema.json'))) as object,
  );

  it('takes its own values and those of the guide, and refuses wrong ones', () => {
    expect(examples.length).toBeGreaterThan(0);
    for (const values of [defaults, ...examples.map((example) => merged(defaults, example))])
      expect(isValid(values) ? [] : isValid.errors).toEqual([]);
    for (const wrong of [
      { replicas: 0 },
      { publicUrl: 'http://countersign.example.com' },
      { replica: 2 },
      { settings: { COUNTERSIGN_SECRET: 'in the open' } },
    ])
      expect(isValid({ ...defaults, ...wrong })).toBe(false);
  });

  it('makes what a plain installation needs', () => {
    expect(
      manifests({})
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['ConfigMap', 'Deployment', 'PodDisruptionBudget', 'Service']);
    expect(examples.flatMap((values) => manifests(values).map(({ kind }) => kind)).toSorted()).toEqual([
      'ConfigMap',
      'Deployment',
      'Deployment',
      'Ingress',
      'PodDisruptionBudget',
      'Service',
    ]);
  });

  it.each([{}, ...examples])('runs without rights, migrates first, and says how it is: %o', (values) => {
    for (const { kind, metadata, spec } of manifests(values)) {
      if (kind !== 'Deployment') continue;
      expect(spec.template.metadata.labels, metadata.name).toMatchObject(spec.selector.matchLabels);
      const pod = spec.template.spec;
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(pod.initContainers[0]?.command).toEqual(['countersign', 'migrate']);
      for (const container of [...pod.initContainers, ...pod.containers])
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      const [main] = pod.containers;
      expect(main?.image).toBe('registry.example.com/countersign:0.1.0');
      expect(main?.livenessProbe?.httpGet.path).toBe('/healthz');
      expect(main?.readinessProbe?.httpGet.path).toBe('/readyz');
    }
  });

  it('separates those who answer from those who run agents where there are workers', () => {
    const roles = (values: Values): (string | undefined)[] =>
      manifests(values).flatMap(({ kind, spec }) =>
        kind === 'Deployment'
          ? [spec.template.spec.containers[0]?.env?.find(({ name }) => name === 'COUNTERSIGN_ROLE')?.value]
          : [],
      );
    expect(roles({})).toEqual(['all']);
    expect(roles({ workers: { replicas: 2 } }).toSorted()).toEqual(['api', 'worker']);
  });

  it('sets what the guide sets', () => {
    const settings = manifests(examples[0] ?? {}).find(({ kind }) => kind === 'ConfigMap')?.data;
    expect(settings).toMatchObject({
      COUNTERSIGN_PUBLIC_URL: 'https://countersign.example.com',
      COUNTERSIGN_TRUSTED_PROXIES: '10.0.0.0/8',
      COUNTERSIGN_CHECKPOINT_FOLDER: '/checkpoints',
    });
  });
});
