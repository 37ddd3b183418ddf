export { EmbeddedPostgresError } from './error.ts';
export { takeFolderLock, type FolderLock, type LockHolder } from './folder-lock.ts';
export { makeDataFolder } from './folders.ts';
export { identityOf, isStillRunning, type ProcessIdentity } from './process-identity.ts';
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './start.ts';
