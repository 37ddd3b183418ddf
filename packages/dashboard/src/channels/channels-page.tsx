import type { WireChannel } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { useSession } from '../session.ts';
import { KeySecret } from '../settings/key-secret.tsx';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { ChannelDialog } from './channel-dialog.tsx';
import { ChannelRow } from './channel-row.tsx';
import { channelsQuery } from './queries.ts';
import { useChannelChange } from './use-channel-change.ts';

type OfOne = { readonly channel: WireChannel; readonly onClose: () => void };

const RemoveDialog = ({ channel, onClose }: OfOne): ReactNode => {
  const remove = useChannelChange(() => call('deleteChannel', { id: channel.id }), onClose);
  return (
    <Modal
      open
      onClose={onClose}
      title={`Remove ${channel.name}`}
      description="Nothing is told there any more; what waits is given up. What was delivered stays on record."
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
            Remove the channel
          </Button>
        </>
      }
    >
      {remove.isError && <Notice tone="no" alert title={`Not removed. ${errorLine(remove.error)}`} />}
    </Modal>
  );
};

const RotateDialog = ({ channel, onClose }: OfOne): ReactNode => {
  const rotate = useChannelChange(() => call('rotateChannelSecret', { id: channel.id, body: {} }));
  const secret = rotate.data?.secret ?? undefined;
  return (
    <Modal
      open
      onClose={onClose}
      title={`A new secret for ${channel.name}`}
      description="For a day deliveries carry a signature with each of the two, so that the receiver can change over."
      footer={
        secret === undefined ? (
          <>
            <Button onClick={onClose}>Back</Button>
            <Button look="ink" busy={rotate.isPending} onClick={() => rotate.mutate(undefined)}>
              Make a new secret
            </Button>
          </>
        ) : (
          <Button look="ink" onClick={onClose}>
            I have copied it
          </Button>
        )
      }
    >
      {secret !== undefined && <KeySecret secret={secret} />}
      {rotate.isError && <Notice tone="no" alert title={`Not changed. ${errorLine(rotate.error)}`} />}
    </Modal>
  );
};

type Open = { readonly what: 'new' } | { readonly what: 'change' | 'rotate' | 'remove'; readonly channel: WireChannel };

export const ChannelsPage = (): ReactNode => {
  useTitle('Channels');
  const mayWrite = useSession().permissions.includes('channels:write');
  const { data, error, refetch } = useQuery(channelsQuery);
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => setOpen(null);
  const create = (
    <Button look="ink" onClick={() => setOpen({ what: 'new' })}>
      <Plus size={15} aria-hidden="true" /> New channel
    </Button>
  );
  return (
    <Page
      title="Channels"
      below={
        <p className="text-fg-2">
          Where people and programs outside hear of what happens. Opening a link there decides nothing.
        </p>
      }
      actions={mayWrite && data !== undefined && data.length > 0 && create}
    >
      {data === undefined &&
        (error === null ? (
          <Skeleton rows={3} className="h-20" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {data?.length === 0 && (
        <Empty title="No channel yet" {...(mayWrite ? { action: create } : {})}>
          In Slack and Teams people are told, and decide right there; a webhook tells a program. Mail comes by itself
          once the operator has named a mail server (COUNTERSIGN_SMTP_URL).
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className="card divide-y">
          {data.map((channel) => (
            <ChannelRow
              key={channel.id}
              channel={channel}
              mayWrite={mayWrite}
              onChange={() => setOpen({ what: 'change', channel })}
              onRotate={() => setOpen({ what: 'rotate', channel })}
              onRemove={() => setOpen({ what: 'remove', channel })}
            />
          ))}
        </ul>
      )}
      {(open?.what === 'new' || open?.what === 'change') && (
        <ChannelDialog changed={open.what === 'change' ? open.channel : null} onClose={close} />
      )}
      {open?.what === 'rotate' && <RotateDialog channel={open.channel} onClose={close} />}
      {open?.what === 'remove' && <RemoveDialog channel={open.channel} onClose={close} />}
    </Page>
  );
};
