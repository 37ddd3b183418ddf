/** One sentence from a failed conversation with the database, its cause included, without any address or password. */
export function explainDatabaseFailure(error: unknown): string {
  const reasons: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause) {
    // Node gathers one error for each address that it tried, under an empty message.
    const inner = current instanceof AggregateError ? current.errors.map(String).join(', ') : '';
    reasons.push(current.message || inner || current.name);
  }
  return `The database: ${reasons.length > 0 ? reasons.join(': ') : String(error)}`;
}
