/** Who people in a team are: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context */
import type { JsonObject } from '@countersign/core';
import type { At } from '../channel.ts';
import type { Profile, Who } from '../inbound.ts';
import type { CallBot } from './bot-api.ts';

const TIMEOUT_MS = 4000;
const PAGES_MAX = 20;

type Account = {
  readonly id?: string;
  readonly name?: string;
  readonly aadObjectId?: string;
  readonly objectId?: string;
  readonly userPrincipalName?: string;
  readonly tenantId?: string;
  readonly userRole?: string;
};

const pathOf = ({ settings }: Pick<At, 'settings'>): string =>
  `/v3/conversations/${encodeURIComponent(settings['channel'] as string)}`;

const objectIdOf = ({ aadObjectId, objectId }: Account): string | undefined => aadObjectId ?? objectId;

/**
 * By the name they sign in with: its domain is one that the organisation has proved to be its own. What stands as their
 * address beside it need not be. Guests sign in elsewhere.
 */
export const profileOf =
  (callBot: CallBot) =>
  async ({ user, handle, team }: Who, at: At): Promise<Profile | null> => {
    if (at.settings['match_email'] === false || handle === undefined) return null;
    const call = { method: 'GET', path: `${pathOf(at)}/members/${encodeURIComponent(handle)}`, body: null } as const;
    const told = await callBot(call, at, TIMEOUT_MS).catch(() => null);
    const found = told?.status === 200 ? (told.answer as unknown as Account) : undefined;
    const email = found?.userPrincipalName;
    if (!found || !email || objectIdOf(found) !== user) return null;
    const isOfTenant = found.tenantId === undefined || found.tenantId === team;
    return {
      email,
      isConfirmed: true,
      isFullMember: isOfTenant && (found.userRole ?? 'user') === 'user' && !email.includes('#EXT#'),
    };
  };

/** Looks through the members: the connector finds nobody by a name. */
export const findUser =
  (callBot: CallBot) =>
  async (email: string, at: At): Promise<Who | null> => {
    let continuation = '';
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const query = new URLSearchParams({
        pageSize: '500',
        ...(continuation === '' ? {} : { continuationToken: continuation }),
      });
      const path = `${pathOf(at)}/pagedmembers?${query.toString()}`;
      const { answer } = await callBot({ method: 'GET', path, body: null }, at);
      const { members = [], continuationToken } = answer as JsonObject & {
        readonly members?: readonly Account[] & JsonObject[];
        readonly continuationToken?: string;
      };
      const found = (members as readonly Account[]).find(
        ({ userPrincipalName: name }) => name?.toLowerCase() === email.toLowerCase(),
      );
      const user = found && objectIdOf(found);
      if (found?.id && user)
        return {
          team: at.settings['tenant_id'] as string,
          user,
          name: found.name ?? user,
          handle: found.id,
        };
      continuation = continuationToken ?? '';
      if (continuation === '') return null;
    }
    return null;
  };
