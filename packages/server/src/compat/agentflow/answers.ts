/** How AgentFlow answers: a thing as it is, a list under the name of what is in it, a refusal with a detail. */
import type { Problem } from '../../http/problem.ts';
import type { Answer, Asked } from '../dialect.ts';
import { type NumberedPage, numberedPage, pageCount } from '../page.ts';

export const pageOf = ({ query }: Asked): NumberedPage =>
  numberedPage(query, { size: query['page_size'] === undefined ? 'limit' : 'page_size', usual: 20, max: 100 });

export const list = (name: string, items: readonly unknown[], total: number, page: NumberedPage): Answer => {
  const pages = pageCount(total, page);
  const place = { total, page: page.page, page_size: page.size, total_pages: pages, has_more: page.page < pages };
  return { body: { [name]: items, ...place } };
};

/** Theirs is a framework's usual way: `detail`, with the fields where the form is wrong; beside it what program and person need. */
export const refuse = ({ code, message, facts, status }: Problem, requestId: string): Answer => ({
  // A digest can't be named in their words, so this is nothing that a client of theirs could mend.
  status: status === 428 ? 409 : status,
  body: { detail: message, error: { code, message, ...facts }, status, request_id: requestId },
});
