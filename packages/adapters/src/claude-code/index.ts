export { type GateHooks, type HookAnswer, answerHook, gateHooks } from './hook.ts';
export { type PermissionAnswer, answerPermission, humanApproval } from './permission.ts';
export type { GatingOptions, ToolCall } from '../clear.ts';
