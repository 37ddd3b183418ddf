/**
 * Loaded before the server of a comparison: takes one part of the product out of it, named by BENCH_WITHOUT. The product itself
 * has no such switch. Each change must find what it changes, so that a part that was moved is not measured as costing nothing.
 */
import { registerHooks } from 'node:module';
import { PARTS } from './parts.ts';

const missing = new Set(PARTS[process.env['BENCH_WITHOUT'] ?? ''] ?? []);

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context);
    for (const change of missing) {
      if (!url.endsWith(change.file)) continue;
      const { source: read } = loaded;
      const source = typeof read === 'string' ? read : new TextDecoder().decode(read ?? undefined);
      if (!source.includes(change.from)) throw new Error(`${change.file} has no "${change.from}" any more`);
      missing.delete(change);
      return { ...loaded, source: source.replace(change.from, change.to) };
    }
    return loaded;
  },
});

// Said once everything has been loaded.
setTimeout(() => {
  for (const { file } of missing) throw new Error(`${file} was not loaded, so nothing was taken out`);
}, 10_000).unref();
