/** Every column that is sealed under COUNTERSIGN_SECRET, and the walk that seals each again under a new one (trust.md, T48). */
import pg from 'pg';

type Row = Readonly<Record<string, string>>;

type SealedColumn = {
  /** The primary key, which is also what the walk goes by. */
  readonly key: readonly string[];
  /** Whether its rows belong to workspaces, and are seen in one alone. */
  readonly isOfWorkspace: boolean;
  /** What a row's text is bound to. Null: to its answer's route, which the row does not name. */
  readonly context: ((row: Row) => string) | null;
};

/** By table and column. A test compares it with the schema. */
export const SEALED_COLUMNS: Readonly<Record<string, SealedColumn>> = {
  'secret.ciphertext': {
    key: ['workspace_id', 'name'],
    isOfWorkspace: true,
    context: (row) => `${row['workspace_id']}/${row['name']}`,
  },
  'redaction_salt.sealed': {
    key: ['workspace_id'],
    isOfWorkspace: true,
    context: (row) => `${row['workspace_id']}/redaction-salt`,
  },
  'redacted_value.sealed': {
    key: ['workspace_id', 'place', 'marker'],
    isOfWorkspace: true,
    context: (row) => `${row['workspace_id']}/${row['place']}/${row['marker']}`,
  },
  'channel.secret': {
    key: ['workspace_id', 'id'],
    isOfWorkspace: true,
    context: (row) => `${row['workspace_id']}/channel/${row['id']}`,
  },
  'channel.previous_secret': {
    key: ['workspace_id', 'id'],
    isOfWorkspace: true,
    context: (row) => `${row['workspace_id']}/channel/${row['id']}`,
  },
  'voice_line.auth_token': {
    key: ['workspace_id', 'id'],
    isOfWorkspace: true,
    context: (row) => `${row['workspace_id']}/voice-line/${row['id']}`,
  },
  'delivery.sealed': {
    key: ['workspace_id', 'id'],
    isOfWorkspace: true,
    context: (row) => `${row['workspace_id']}/delivery/${row['id']}`,
  },
  'idempotency.body': { key: ['workspace_id', 'principal', 'key'], isOfWorkspace: true, context: null },
  'signing_key.sealed_key': {
    key: ['kid', 'purpose'],
    isOfWorkspace: false,
    context: (row) => `signing-key/${row['purpose']}/${row['kid']}`,
  },
  'push_key.sealed_key': {
    key: ['public_key'],
    isOfWorkspace: false,
    context: (row) => `push-key/${row['public_key']}`,
  },
  'push_subscription.sealed': {
    key: ['workspace_id', 'id'],
    isOfWorkspace: true,
    context: (row) => `${row['workspace_id']}/push/${row['id']}`,
  },
  'totp.secret': { key: ['person_id'], isOfWorkspace: false, context: (row) => `totp/${row['person_id']}` },
};

/** Bytes that are sealed under nothing, and what they are. A new column of bytes is in one of the two tables, or a test fails. */
export const UNSEALED_COLUMNS: Readonly<Record<string, string>> = {
  'api_key.secret_hash': 'a hash',
  'api_key.previous_hash': 'a hash',
  'channel_link_code.code_hash': 'a hash',
  'chat_token.secret_hash': 'a hash',
  'incoming_webhook.token_hash': 'a hash',
  'phone_code.code_hash': 'a hash',
  'invitation.token_hash': 'a hash',
  'session.token_hash': 'a hash',
  'sign_in_link.token_hash': 'a hash',
  'recovery_code.code_hash': 'a hash',
  'push_subscription.endpoint_hash': 'a hash',
  'used_attempt.id_hash': 'a hash',
  'audit_leaf.hash': 'a hash, which everybody with an export has',
  'audit_node.hash': 'a hash, which everybody with an export has',
  'audit_log.hashes': 'hashes, which everybody with an export has',
  'audit_payload.salt': 'exported with the payload; goes when that is erased',
  'passkey.public_key': 'public',
  'signing_credential.public_key': 'public',
  'signing_credential.cose_key': 'public',
};

const BATCH = 500;
/** Above it a text is not sealed: an answer in the clear begins as JSON does. */
const VERSION_MAX = 2;

export type Resealed = { readonly column: string; readonly resealed: number; readonly unreadable: number };

/** @throws for a text that opens under none of the contexts */
type Reseal = (sealed: Buffer, contexts: readonly string[]) => Buffer;

/**
 * Seals again whatever does not begin with `head`, in batches of 500 rows, each a transaction of its own: it can be stopped and
 * started again at any time, and runs beside the servers. Connects as the owner of the tables, as `migrate` does.
 *
 * @param answerContexts what stored answers can be bound to
 */
export const resealColumns = async (
  databaseUrl: string,
  head: Buffer,
  answerContexts: readonly string[],
  reseal: Reseal,
): Promise<Resealed[]> => {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'countersign rotate-secret' });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>('select id from workspace order by id');
    const results: Resealed[] = [];
    for (const [name, column] of Object.entries(SEALED_COLUMNS)) {
      const counts = { column: name, resealed: 0, unreadable: 0 };
      for (const workspaceId of column.isOfWorkspace ? rows.map(({ id }) => id) : [''])
        for (let after: readonly string[] | null = column.key.map(() => ''); after;)
          after = await resealBatch(client, workspaceId, name, after, head, answerContexts, reseal, counts);
      results.push(counts);
    }
    return results;
  } finally {
    await client.end();
  }
};

/** @returns the last row's key, or null after the last batch */
const resealBatch = async (
  client: pg.Client,
  workspaceId: string,
  name: string,
  after: readonly string[],
  head: Buffer,
  answerContexts: readonly string[],
  reseal: Reseal,
  counts: { resealed: number; unreadable: number },
): Promise<readonly string[] | null> => {
  const [table = '', column = ''] = name.split('.');
  const { key, isOfWorkspace, context } = SEALED_COLUMNS[name] as SealedColumn; // the names are its own
  const keys = key.join(', ');
  const places = key.map((_, index) => `$${index + 3}`).join(', ');
  const own = isOfWorkspace ? `and workspace_id = current_setting('app.workspace')` : '';
  await client.query('begin');
  try {
    await client.query(`select set_config('app.workspace', $1, true)`, [workspaceId]);
    const { rows } = await client.query<Row & { sealed: Buffer }>(
      `select ${keys}, ${column} as sealed from ${table}
       where length(${column}) > 0 and get_byte(${column}, 0) <= ${VERSION_MAX}
         and substr(${column}, 1, ${head.length}) <> $1 and (${keys}) > (${places}) ${own}
       order by ${keys} limit $2 for update`,
      [head, BATCH, ...after],
    );
    for (const row of rows) {
      const fresh = tryOr(() => reseal(row.sealed, context ? [context(row)] : answerContexts));
      if (!fresh) {
        counts.unreadable += 1;
        continue;
      }
      await client.query(`update ${table} set ${column} = $1 where ${column} = $2 and (${keys}) = (${places}) ${own}`, [
        fresh,
        row.sealed,
        ...key.map((part) => row[part]),
      ]);
      counts.resealed += 1;
    }
    await client.query('commit');
    const last = rows.at(-1);
    return last && rows.length === BATCH ? key.map((part) => last[part] ?? '') : null;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
};

const tryOr = (make: () => Buffer): Buffer | null => {
  try {
    return make();
  } catch {
    return null;
  }
};
