export * from './database.ts';
export * from './services.ts';
export * from './test-app.ts';
export * from './workspace.ts';
