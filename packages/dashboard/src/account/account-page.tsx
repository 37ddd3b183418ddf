/** One's own account: who one is, what one signs in with, and where one is signed in. A file a section. */
import { usePrefetchQuery, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTitle } from '../approvals/approval-pane.tsx';
import { useSession } from '../session.ts';
import { Page } from '../ui/page.tsx';
import { Failure, Notice, Skeleton } from '../ui/states.tsx';
import { ChannelIdentitiesSection } from './channel-identities-section.tsx';
import { IdentitiesSection } from './identities-section.tsx';
import { NotificationsSection } from './notifications-section.tsx';
import { PasskeysSection } from './passkeys-section.tsx';
import { PasswordSection } from './password-section.tsx';
import { PhoneSection } from './phone-section.tsx';
import { PushSection } from './push-section.tsx';
import { ProfileSection } from './profile-section.tsx';
import { accountQuery, sessionsQuery, signInWaysQuery } from './queries.ts';
import { SessionsSection } from './sessions-section.tsx';
import { SigningKeysSection } from './signing-keys-section.tsx';
import { TotpSection } from './totp-section.tsx';

/** The next session would need another link. */
const FirstSteps = (): ReactNode =>
  useSession().signs_in_with.length === 0 && (
    <Notice tone="wait" title="You have no way back in yet">
      The link that brought you here works once. Add a passkey or set a password, so that you can sign in again.
    </Notice>
  );

export const AccountPage = (): ReactNode => {
  useTitle('Account');
  // Asked for at once, not one after the other.
  usePrefetchQuery(sessionsQuery);
  usePrefetchQuery(signInWaysQuery);
  const { data, error, refetch } = useQuery(accountQuery);
  return (
    <Page title="Account" narrow>
      {data === undefined ? (
        error === null ? (
          <Skeleton rows={5} className="h-20" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <div className="flex flex-col gap-8">
          <FirstSteps />
          <ProfileSection account={data} />
          <NotificationsSection />
          <PushSection />
          <ChannelIdentitiesSection />
          <PhoneSection />
          <PasskeysSection account={data} />
          <SigningKeysSection />
          <PasswordSection account={data} />
          <TotpSection account={data} />
          <IdentitiesSection account={data} />
          <SessionsSection />
        </div>
      )}
    </Page>
  );
};
