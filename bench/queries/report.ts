/** The table of plans and times, as a page. */
export type Measured = { readonly name: string; readonly ms: number; readonly rows: number; readonly plan: string };

type Node = {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Node[];
};

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** How a statement reaches its rows, in a line: scans and sorts, with what they threw away. */
export const planLine = (plan: unknown): string => {
  const [{ Plan: root }] = plan as [{ Plan: Node }];
  const parts = nodesOf(root).flatMap((node) => {
    const type = node['Node Type'];
    if (!/Scan|Sort/.test(type) || /CTE|Subquery|Function|Result/.test(type)) return [];
    const thrown = node['Rows Removed by Filter'] ?? 0;
    const where = node['Index Name'] ?? node['Relation Name'] ?? '';
    return [
      `${type.toLowerCase()}${where === '' ? '' : ` \`${where}\``}${thrown > 0 ? ` (${thrown.toLocaleString('en')} thrown away)` : ''}`,
    ];
  });
  return parts.join(', ') || 'no table';
};

export const page = (
  results: readonly Measured[],
  rows: number,
): string => `<!-- Written by \`node bench/queries.ts\`. -->

# Plans and times of the hot statements

One workspace with ${rows.toLocaleString('en')} approvals (one in ten pending), as many steps, events and jobs, and a third as many executions; the embedded
database with its usual settings, the role \`countersign_api\` under row-level security, everything in memory. Times are the
median of five runs as the program sees them, the answer's transport included. "Thrown away" are rows that were read and did
not fit: where that number grows with the table, the statement does too.

One thing has no index, on purpose: one priority over all decided approvals; the dashboard asks that of the queue. Words are looked for
in two steps, of which only the first stands here; [figures](figures.md) has both.

| statement | ms | rows | how |
| --- | ---: | ---: | --- |
${results.map(({ name, ms, rows: found, plan }) => `| ${name} | ${ms.toFixed(2)} | ${found} | ${plan} |`).join('\n')}
`;
