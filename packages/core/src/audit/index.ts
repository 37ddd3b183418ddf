/** The audit log by itself, for those who only verify: `@countersign/core/audit`. */
export * from './base64.ts';
export * from './entry.ts';
export * from './note.ts';
export * from './tree.ts';
export * from './verify-export.ts';
