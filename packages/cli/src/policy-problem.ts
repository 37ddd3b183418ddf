/** What is wrong with a policy, as editors and CI logs find it: file, line, column. */
export const problemLine = (
  file: string,
  problem: { pointer: string; detail: string; line: number | null; column: number | null },
): string => {
  const place = problem.line === null ? file : `${file}:${problem.line}:${problem.column ?? 1}`;
  return `${place}: ${problem.pointer === '' ? '' : `${problem.pointer} `}${problem.detail}`;
};
