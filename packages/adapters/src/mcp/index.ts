export { type ApprovalsServerOptions, createApprovalsServer } from './approvals-server.ts';
export { answerMcpRequest } from './http.ts';
