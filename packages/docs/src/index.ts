export { type BuiltSite, buildSite } from './build.ts';
export { readSources } from './sources.ts';
