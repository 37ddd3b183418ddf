export { type HookAnswer, answerHook } from './hook.ts';
export { type PermissionAnswer, answerPermission, humanApproval } from './permission.ts';
