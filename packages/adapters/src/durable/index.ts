export { type Engine, type Gate, type Made, type Seen, runGate } from './run-gate.ts';
export { type Act, type DurableOptions, type Resume, gateOf } from './steps.ts';
export { type Decided, type Wake, type WebhookOptions, webhookHandler } from './webhook.ts';
export type { ToolCall } from '../clear.ts';
