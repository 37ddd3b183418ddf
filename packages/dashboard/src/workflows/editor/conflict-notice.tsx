/** Somebody published while one was at work: what they changed, and the two ways on. */
import type { WireWorkflowVersion } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Ago } from '../../ui/moment.tsx';

type ConflictProps = {
  readonly version: WireWorkflowVersion;
  readonly basedOn: number;
  readonly onKeep: () => void;
  readonly onTake: () => void;
};

export const ConflictNotice = ({ version, basedOn, onKeep, onTake }: ConflictProps): ReactNode => (
  <div
    role="alert"
    className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-wait-line bg-wait-tint px-4 py-2"
  >
    <p className="min-w-0 flex-1 basis-72">
      <span className="font-semibold">
        {version.created_by.name} published v{version.version} <Ago at={version.created_at} />
        {version.message === '' ? '.' : `: ${version.message}.`}
      </span>{' '}
      Your draft began from {basedOn === 0 ? 'nothing' : `v${basedOn}`}, and is kept.
    </p>
    <span className="flex flex-wrap gap-2">
      <Link
        to="/workflows/$id/v/$n"
        params={{ id: version.workflow_id, n: String(version.version) }}
        search={basedOn === 0 ? {} : { compare: basedOn }}
        className={buttonClass('outline', 'small')}
      >
        See what they changed
      </Link>
      <Button size="small" onClick={onTake}>
        Take theirs, drop mine
      </Button>
      <Button size="small" look="ink" onClick={onKeep}>
        Keep mine, over theirs
      </Button>
    </span>
  </div>
);
