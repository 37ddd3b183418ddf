export { type MiddlewareOptions, gateMiddleware, resumeOf } from './gate-middleware.ts';
export type { GatingOptions, ToolCall } from '../clear.ts';
