/** The installation's signing keys. They belong to no workspace; the worker's role can not read them (trust.md, T73). */
import { type Database, type Scope, acrossWorkspaces, statement, unscoped, within } from './database.ts';

export type SigningPurpose = 'receipt' | 'checkpoint';

/** An Ed25519 public key (RFC 8037). */
export type PublicJwk = { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };

export type NewSigningKey = {
  readonly kid: string;
  readonly purpose: SigningPurpose;
  readonly publicJwk: PublicJwk;
  readonly sealedKey: Buffer;
};

export type SigningKeyRow = {
  kid: string;
  purpose: SigningPurpose;
  public_jwk: PublicJwk;
  sealed_key: Buffer;
  valid_from: Date;
  retired_at: Date | null;
};

const columns = 'kid, purpose, public_jwk, sealed_key, valid_from, retired_at';

const current = statement<SigningKeyRow>(
  'signing_key_current',
  `select ${columns} from signing_key where purpose = $1 and retired_at is null`,
);
const insert = statement(
  'signing_key_insert',
  `insert into signing_key (kid, purpose, public_jwk, sealed_key) values ($1, $2, $3, $4)
   on conflict (purpose) where retired_at is null do nothing`,
);
const many = statement<Omit<SigningKeyRow, 'sealed_key'>>(
  'signing_key_list',
  'select kid, purpose, public_jwk, valid_from, retired_at from signing_key where purpose = $1 order by valid_from desc, kid',
);
const retire = statement(
  'signing_key_retire',
  'update signing_key set retired_at = clock_timestamp() where purpose = $1 and retired_at is null',
);
const workspaces = statement<{ id: string }>('signing_key_workspaces', 'select id from workspace order by id');

const add = (scope: Pick<Scope, 'client'>, key: NewSigningKey): Promise<number> =>
  insert.run(scope, key.kid, key.purpose, key.publicJwk, key.sealedKey);

/** The key that signs now, if there is one. */
export const currentSigningKey = (database: Database, purpose: SigningPurpose): Promise<SigningKeyRow | undefined> =>
  unscoped(database, (scope) => current.one(scope, purpose));

/** @returns the key that signs now: this one, or the one that another process made first */
export const ensureSigningKey = (database: Database, key: NewSigningKey): Promise<SigningKeyRow> =>
  unscoped(database, async (scope) => {
    await add(scope, key);
    const row = await current.one(scope, key.purpose);
    if (!row) throw new Error(`no signing key for ${key.purpose}`);
    return row;
  });

/** Every key of a purpose that ever signed, the latest first, without its private part. */
export const listSigningKeys = (
  scope: Pick<Scope, 'client'>,
  purpose: SigningPurpose,
): Promise<Omit<SigningKeyRow, 'sealed_key'>[]> => many.all(scope, purpose);

/** Puts a new key in the place of the current one, and tells every workspace; all of it or nothing. */
export const rotateSigningKey = (
  database: Database,
  key: NewSigningKey,
  tell: (scope: Scope) => Promise<void>,
): Promise<void> =>
  acrossWorkspaces(database, async (scope) => {
    await retire.run(scope, key.purpose);
    if ((await add(scope, key)) !== 1) throw new Error('another rotation is under way: look before trying again');
    for (const { id } of await workspaces.all(scope)) await within(scope, id, tell);
  });
