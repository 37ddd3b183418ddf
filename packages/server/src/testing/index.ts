export * from './check-answer.ts';
export * from './database.ts';
export * from './database-proxy.ts';
export * from './everything.ts';
export * from './mcp.ts';
export * from './services.ts';
export * from './test-app.ts';
export * from './workspace.ts';
