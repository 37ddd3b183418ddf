export { type MastraOptions, type Refusal, gateTools, resumeDecided } from './gate-tools.ts';
export type { GatingOptions, ToolCall } from '../clear.ts';
