/** The installation's key for push services, and the browsers of those who are told. */
import { type PushAddress, type VapidKey, newVapidKey } from '@countersign/channels';
import {
  type Database,
  type PushSubscriptionRow,
  type Scope,
  currentPushKey,
  ensurePushKey,
  listPushSubscriptions,
} from '@countersign/store';
import type { SecretBox } from '../secret-box.ts';

const keyContext = (publicKey: string): string => `push-key/${publicKey}`;

/** Made when it is first needed; one for all processes and workspaces, as a browser subscribes to a site once. */
export const createPushKey = (database: Database, secrets: SecretBox): (() => Promise<VapidKey>) => {
  let known: VapidKey | undefined;
  const make = async (): Promise<VapidKey> => {
    const fresh = newVapidKey();
    const row =
      (await currentPushKey(database)) ??
      (await ensurePushKey(database, {
        public_key: fresh.publicKey,
        sealed_key: secrets.seal(fresh.privateKey, keyContext(fresh.publicKey)),
      }));
    return { publicKey: row.public_key, privateKey: secrets.open(row.sealed_key, keyContext(row.public_key)) };
  };
  return async () => (known ??= await make());
};

/** Of a process that tells nobody anything. */
export const NO_PUSH_KEY = (): Promise<VapidKey> => Promise.reject(new Error('this process tells nobody anything'));

type Sealed = Omit<PushAddress, 'id'>;

const contextOf = ({ workspaceId }: Pick<Scope, 'workspaceId'>, id: string): string => `${workspaceId}/push/${id}`;

export const sealPushAddress = (
  { secrets }: { readonly secrets: SecretBox },
  scope: Pick<Scope, 'workspaceId'>,
  { id, ...address }: PushAddress,
): Buffer => secrets.seal(JSON.stringify(address satisfies Sealed), contextOf(scope, id));

/** Of several people, by person. */
export const pushAddresses = async (
  { secrets }: { readonly secrets: SecretBox },
  scope: Scope,
  personIds: readonly string[],
): Promise<ReadonlyMap<string, readonly PushAddress[]>> => {
  const rows = await listPushSubscriptions(scope, personIds);
  const addressOf = ({ id, sealed }: PushSubscriptionRow): PushAddress => ({
    id,
    ...(JSON.parse(secrets.open(sealed, contextOf(scope, id))) as Sealed),
  });
  return new Map(
    [...Map.groupBy(rows, ({ person_id: person }) => person)].map(([person, all]) => [person, all.map(addressOf)]),
  );
};
