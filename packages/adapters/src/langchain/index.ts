export { type MiddlewareOptions, type Resume, clearInNode, gateMiddleware, resumeOf } from './gate-middleware.ts';
export type { Clearance, GatingOptions, ToolCall } from '../clear.ts';
