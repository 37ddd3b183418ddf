import type { WireSession } from '@countersign/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { ArrowRight, Fingerprint } from 'lucide-react';
import type { ReactNode } from 'react';
import { signInWaysQuery } from '../account/queries.ts';
import { askForPasskey, canUsePasskeys } from '../account/webauthn.ts';
import { call } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { rememberReturn } from './sso.ts';

/** Passkey and single sign-on. */
export const OtherWays = ({
  back,
  onSession,
}: {
  readonly back: string;
  readonly onSession: (session: WireSession) => void;
}): ReactNode => {
  const ways = useQuery(signInWaysQuery).data;
  const passkey = useMutation({
    mutationFn: async () => {
      const { options } = await call('startPasskeySignIn', {});
      return call('signInWithPasskey', { body: { credential: await askForPasskey(options) } });
    },
    onSuccess: onSession,
  });
  const sso = useMutation({
    mutationFn: async (provider: string) => {
      const { url } = await call('startSso', { body: { provider } });
      rememberReturn({ back, purpose: 'sign-in' });
      location.assign(url);
    },
  });
  const error = passkey.error ?? sso.error;
  const hasPasskeys = ways?.passkeys === true && canUsePasskeys();
  if (ways === undefined || (!hasPasskeys && ways.providers.length === 0)) return null;
  return (
    <div className="flex flex-col gap-2.5">
      {hasPasskeys && (
        <Button size="bar" busy={passkey.isPending} onClick={() => passkey.mutate()}>
          <Fingerprint size={17} aria-hidden="true" /> Sign in with a passkey
        </Button>
      )}
      {ways.providers.map(({ id, name }) => (
        <Button key={id} size="bar" busy={sso.isPending} onClick={() => sso.mutate(id)}>
          Sign in with {name} <ArrowRight size={15} aria-hidden="true" />
        </Button>
      ))}
      {error !== null && <Notice tone="no" alert title={errorLine(error)} />}
    </div>
  );
};
