/** The embedded database can't be started or stopped; the message is written for whoever ran the command. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}
