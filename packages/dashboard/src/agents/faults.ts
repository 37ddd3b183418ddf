import { isProblem } from '../api.ts';

/** What the server found wrong with a form, by JSON Pointer, those of the configuration without its name in front. */
export const faultsFrom = (error: unknown): ReadonlyMap<string, string> =>
  new Map(
    isProblem(error)
      ? (error.problem.errors ?? []).map((fault) => [fault.pointer.replace(/^#?\/config(?=\/)/, ''), fault.detail])
      : [],
  );
