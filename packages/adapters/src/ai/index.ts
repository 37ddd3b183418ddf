export { type DurableTools, type Settled, gateToolsDurably } from './durable.ts';
export { type Refusal, gateTools } from './gate-tools.ts';
export type { GatingOptions, ToolCall } from '../clear.ts';
