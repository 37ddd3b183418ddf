/** The talk about a request. A question goes to whoever asked. */
import type { WireApproval } from '@countersign/contract';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleHelp, MessageSquare } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { PlainText, ValueText } from '../approvals/value-text.tsx';
import { newIdempotencyKey } from '../idempotency.ts';
import { useHotkey } from '../keys/hotkeys.ts';
import { Button } from '../ui/button.tsx';
import { Check, Field, TextArea } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Failure, errorLine } from '../ui/states.tsx';

/** Under the timeline's key: an event about the request has both asked again. */
const commentsQuery = (id: string) =>
  queryOptions({
    queryKey: ['timeline', id, 'comments'],
    queryFn: async ({ signal }) => (await call('listComments', { id }, { signal })).data,
  });

const COMMENT_BOX = 'comment-box';
/** The button that opens the form; the menu presses it. */
export const COMMENT_OPENER = 'comment-opener';

export const CommentsSection = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const { id } = approval;
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(commentsQuery(id));
  const [body, setBody] = useState('');
  const [isQuestion, setIsQuestion] = useState(false);
  const [open, setOpen] = useState(false);
  const key = useRef(newIdempotencyKey());
  const post = useMutation({
    mutationFn: () =>
      call(
        'createComment',
        { id, body: { body: body.trim(), is_question: isQuestion } },
        { idempotencyKey: key.current },
      ),
    onSuccess: async () => {
      key.current = newIdempotencyKey();
      setBody('');
      setIsQuestion(false);
      setOpen(false);
      await client.invalidateQueries({ queryKey: ['timeline', id] });
    },
  });
  const write = (): void => {
    setOpen(true);
    setTimeout(() => document.getElementById(COMMENT_BOX)?.querySelector('textarea')?.focus(), 60);
  };
  useHotkey({ keys: ['m'], label: 'Comment, or ask back', group: 'Decision', run: write });
  const send = (): void => {
    if (body.trim() !== '') post.mutate();
  };
  useHotkey(
    open
      ? {
          keys: ['mod+Enter'],
          label: 'Send the comment',
          group: 'Decision',
          inFields: true,
          run: () => {
            if (document.activeElement?.closest(`#${COMMENT_BOX}`)) send();
          },
        }
      : null,
  );
  return (
    <Section
      title="Comments"
      aside={
        !open && (
          <Button id={COMMENT_OPENER} size="small" look="ghost" shortcut="m" className="-mr-2" onClick={write}>
            <MessageSquare size={13} aria-hidden="true" /> Comment
          </Button>
        )
      }
    >
      {error !== null && data === undefined && <Failure error={error} onRetry={() => void refetch()} />}
      {data !== undefined && data.length > 0 && (
        <ul className="card divide-y">
          {data.map((comment) => (
            <li key={comment.id} className="px-3.5 py-2.5">
              <p className="flex flex-wrap items-baseline gap-x-1.5">
                <span className="font-medium">
                  <PlainText text={comment.author.name} />
                </span>
                {comment.is_question && (
                  <span className="inline-flex items-center gap-1 text-label font-semibold text-esc">
                    <CircleHelp size={13} aria-hidden="true" className="translate-y-px" />
                    asks back
                  </span>
                )}
                <span className="text-label text-fg-3">
                  <Ago at={comment.created_at} />
                </span>
              </p>
              <div className="mt-0.5">
                <ValueText text={comment.body} />
              </div>
            </li>
          ))}
        </ul>
      )}
      {data?.length === 0 && !open && <p className="text-fg-3">Nothing was said yet.</p>}
      {open && (
        <form
          id={COMMENT_BOX}
          className="card flex flex-col gap-2.5 p-3"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <Field label="Your comment" hint="Everybody who sees the request sees it, and whoever asked.">
            {(wiring) => (
              <TextArea
                {...wiring}
                rows={2}
                maxLength={10_000}
                value={body}
                onChange={(event) => setBody(event.target.value)}
              />
            )}
          </Field>
          <div className="flex flex-wrap items-center gap-2">
            <Check
              label="It is a question to whoever asked"
              checked={isQuestion}
              onChange={(event) => setIsQuestion(event.target.checked)}
              className="flex-1"
            />
            <Button onClick={() => setOpen(false)}>Close</Button>
            <Button
              type="submit"
              look="ink"
              busy={post.isPending}
              shortcut="mod+Enter"
              blockedBecause={body.trim() === '' ? 'Write something first' : null}
            >
              Send
            </Button>
          </div>
          {post.isError && (
            <p role="alert" className="text-label font-medium text-no">
              Not sent. {errorLine(post.error)}
            </p>
          )}
        </form>
      )}
    </Section>
  );
};
