/** One piece of evidence, whole, beside the request. It is text and nothing else: no link of it works, no image loads. */
import type { WireApproval } from '@countersign/contract';
import { type ReactNode, use, useEffect } from 'react';
import { PlainText } from '../approvals/value-text.tsx';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Modal } from '../ui/dialog.tsx';
import { SeenContext } from './seen.ts';

type SheetProps = {
  readonly evidence: WireApproval['evidence'];
  readonly index: number;
  readonly onGo: (index: number) => void;
  readonly onClose: () => void;
};

export const EvidenceSheet = ({ evidence, index, onGo, onClose }: SheetProps): ReactNode => {
  const item = evidence[index];
  const seen = use(SeenContext);
  const content = item?.content ?? '';
  // Here it is shown in full: what was folded on the page has been seen now.
  useEffect(() => seen?.([content]), [seen, content]);
  if (item === undefined) return null;
  return (
    <Modal
      open
      side
      onClose={onClose}
      title={item.label}
      description={`Evidence ${index + 1} of ${evidence.length}, given by who asked, not verified.`}
      footer={
        evidence.length > 1 && (
          <>
            <Button blockedBecause={index === 0 ? 'This is the first one' : null} onClick={() => onGo(index - 1)}>
              Previous
            </Button>
            <Button
              blockedBecause={index === evidence.length - 1 ? 'This is the last one' : null}
              onClick={() => onGo(index + 1)}
            >
              Next
            </Button>
          </>
        )
      }
    >
      <div className="mb-3 flex items-center justify-between gap-3 text-label text-fg-2">
        <span className="min-w-0 [overflow-wrap:anywhere]">
          {item.source === undefined ? (
            'no source named'
          ) : (
            <>
              Source: <span className="font-mono">{<PlainText text={item.source} />}</span>
            </>
          )}
        </span>
        <CopyButton text={item.content} label="Copy the evidence" />
      </div>
      <div className="rounded-lg border bg-sunken px-3.5 py-3 whitespace-pre-wrap [overflow-wrap:anywhere]">
        {item.content === '' ? <span className="text-fg-3">empty text</span> : <PlainText text={item.content} />}
      </div>
    </Modal>
  );
};
