import { z } from 'zod';
import { ApprovalFilter } from './approvals.ts';
import { id, instant, seen } from './common.ts';

/** What a person likes to look at among the pending ones: the filters and the order of `GET /v1/approvals`. */
export const ViewFilter = ApprovalFilter.pick({
  agent_id: true,
  tool: true,
  checkpoint: true,
  priority: true,
  assigned_to: true,
  snoozed: true,
  risk: true,
  waiting_longer_than: true,
  due_within: true,
  q: true,
}).extend({ sort: ApprovalFilter.shape.sort.unwrap().optional() });

const name = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .refine(...seen);

export const View = z.object({ id: id('view'), name, filter: ViewFilter, created_at: instant });
export const ViewList = z.object({ data: z.array(View) });
export const CreateView = z.strictObject({ name, filter: ViewFilter });
export const UpdateView = z.strictObject({ name: name.optional(), filter: ViewFilter.optional() });

/** So many a person keeps at most. */
export const VIEWS_MAX = 50;
