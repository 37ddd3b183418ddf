import { type ExecutionFigures, executionFigures, getAgent, getVersion } from '@countersign/store';
import { costOf, priceOf } from '../../present/cost.ts';
import type { DialectRoute } from '../dialect.ts';
import { bareId } from '../ids.ts';
import { one } from './answers.ts';

const DAYS_USUAL = 30;
const DAYS_MAX = 365;

type Figures = ExecutionFigures & { readonly cost: number; readonly model: string; readonly agentName: string };

const sum = (rows: readonly Figures[], of: (row: Figures) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);
const tokensOf = (row: Figures): number => row.input_tokens + row.output_tokens;

const groups = (rows: readonly Figures[], key: (row: Figures) => string): [string, Figures[]][] => [
  ...Map.groupBy(rows, key),
];

const metricsOf = (rows: readonly Figures[]) => {
  const total = sum(rows, (row) => row.executions);
  const failed = sum(rows, (row) => row.failed);
  const ended = sum(rows, (row) => row.ended);
  const days = groups(rows, (row) => row.day);
  const agents = groups(
    rows.filter((row) => row.agent_id !== null),
    (row) => row.agent_id ?? '',
  );
  return {
    overview: {
      total_executions: total,
      total_cost: sum(rows, (row) => row.cost),
      total_tokens: sum(rows, tokensOf),
      total_agents: agents.length,
      error_count: failed,
      avg_duration_ms: ended === 0 ? 0 : Math.round((sum(rows, (row) => row.seconds) * 1000) / ended),
    },
    executions_by_day: days.map(([date, own]) => ({ date, count: sum(own, (row) => row.executions) })),
    cost_by_day: days.map(([date, own]) => ({ date, cost: sum(own, (row) => row.cost) })),
    agent_usage: agents.map(([id, own]) => ({
      agent_id: bareId(id),
      agent_name: own[0]?.agentName ?? '',
      executions: sum(own, (row) => row.executions),
      total_cost: sum(own, (row) => row.cost),
    })),
    model_usage: groups(
      rows.filter((row) => row.model !== ''),
      (row) => row.model,
    ).map(([name, own]) => ({
      model_name: name,
      count: sum(own, (row) => row.executions),
      total_cost: sum(own, (row) => row.cost),
      total_tokens: sum(own, tokensOf),
    })),
    error_rate: days.map(([date, own]) => {
      const [all, errors] = [sum(own, (row) => row.executions), sum(own, (row) => row.failed)];
      return { date, total: all, errors, error_rate: errors / all };
    }),
    // Nothing here gives outputs a score.
    score_trends: [],
  };
};

export const metricRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: '/api/v1/dashboard/metrics',
    answer: async (asked) => {
      const days = /^\d{1,3}$/.test(asked.query['days'] ?? '') ? Number(asked.query['days']) : DAYS_USUAL;
      const rows = await asked.read('listExecutions', async (scope) => {
        const figures = await executionFigures(scope, Math.min(Math.max(days, 1), DAYS_MAX));
        return Promise.all(
          figures.map(async (row): Promise<Figures> => {
            const version = await getVersion(scope, row.agent_version_id ?? '');
            const price = version ? priceOf(version) : null;
            const { model = '' } = (version?.config ?? {}) as { readonly model?: string };
            return {
              ...row,
              model,
              cost: price ? costOf(price, row.input_tokens, row.output_tokens).amount : 0,
              agentName: (await getAgent(scope, row.agent_id ?? ''))?.name ?? '',
            };
          }),
        );
      });
      return one(metricsOf(rows));
    },
  },
];
