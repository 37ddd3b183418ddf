/** What the command line needs of the store: it may import the server only, and not all of it just to migrate. */
export { migrate, schemaState } from '@countersign/store';
