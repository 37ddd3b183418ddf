/** How a tool's approvals ended, and all of them together. */
import { approvalTally, getTool } from '@countersign/store';
import { invalid } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { ownId } from '../ids.ts';
import { showId } from './ids.ts';

const rateOf = (approved: number, denied: number): number | null =>
  approved + denied === 0 ? null : approved / (approved + denied);

type Tally = Awaited<ReturnType<typeof approvalTally>>[number];

const figuresOf = ({ pending, approved, rejected, cancelled, expired, seconds }: Tally) => ({
  total: pending + approved + rejected + cancelled + expired,
  pending,
  approved,
  denied: rejected,
  cancelled,
  expired,
  approval_rate: rateOf(approved, rejected),
  average_response_seconds: seconds,
});

const NONE: Tally = { tool: null, pending: 0, approved: 0, rejected: 0, cancelled: 0, expired: 0, seconds: null };

/** By its id, or by its name: of a tool that runs elsewhere there is nothing else. */
const statsOf = (asked: Asked, given: string) =>
  asked.read('getApprovalStats', async (scope) => {
    if (given === '') throw invalid([{ pointer: '/tool_id', detail: 'is needed' }]);
    const tool = await getTool(scope, ownId('tool', given));
    const name = tool?.name ?? given;
    const tally = (await approvalTally(scope)).find((each) => each.tool === name) ?? NONE;
    return { body: { tool_id: tool ? showId('tool', tool.id) : name, tool_name: name, ...figuresOf(tally) } };
  });

export const statsRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: '/api/v1/approvals/stats',
    answer: (asked) => statsOf(asked, asked.query['tool_id'] ?? ''),
  },
  { method: 'GET', path: '/api/v1/approvals/stats/:id', answer: (asked) => statsOf(asked, asked.params['id'] ?? '') },
  {
    method: 'GET',
    path: '/api/v1/approvals/summary',
    answer: (asked) =>
      asked.read('countApprovals', async (scope) => {
        const tallies = await approvalTally(scope);
        const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0);
        const answered = sum(({ approved, rejected }) => approved + rejected);
        const seconds = sum(({ approved, rejected, seconds: mean }) => (approved + rejected) * (mean ?? 0));
        const all = figuresOf({
          tool: null,
          pending: sum(({ pending }) => pending),
          approved: sum(({ approved }) => approved),
          rejected: sum(({ rejected }) => rejected),
          cancelled: sum(({ cancelled }) => cancelled),
          expired: sum(({ expired }) => expired),
          seconds: answered === 0 ? null : seconds / answered,
        });
        const tools = tallies.flatMap((tally) =>
          tally.tool === null ? [] : [{ tool_name: tally.tool, ...figuresOf(tally) }],
        );
        return { body: { ...all, tools } };
      }),
  },
];
