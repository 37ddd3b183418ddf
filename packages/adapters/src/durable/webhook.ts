/** The way back: a webhook of an approval that is over, to the run that waits for it. */
import { type Client, parseWebhook } from '@countersign/sdk';
import { RESUME, type Resume } from './steps.ts';

export type Decided = {
  readonly approvalId: string;
  readonly outcome: string;
  /** Of the delivery: the same when it comes again. */
  readonly deliveryId: string;
  readonly token: string;
};

/** Tells a run. Must do no harm when it is told again: the run asks the server itself. */
export type Wake = { readonly engine: string; readonly wake: (decided: Decided) => Promise<unknown> };

const OVER = new Set(['approval.decided', 'approval.expired', 'approval.cancelled']);

export type WebhookOptions = {
  /** `whsec_…` of the channel; several while one is being rotated. */
  readonly secret: string | readonly string[];
};

/**
 * Answers a webhook of a channel with the events `approval.decided`, `approval.expired` and `approval.cancelled`: finds the
 * run that asked, and wakes it. What is about no run of this engine is answered, and done with. Where waking fails, the
 * answer is 503, and the webhook comes again.
 */
export const webhookHandler =
  (client: Pick<Client, 'approvals'>, { engine, wake }: Wake, { secret }: WebhookOptions) =>
  async (request: Request): Promise<Response> => {
    const event = await parseWebhook(await request.text(), request.headers, { secret }).catch(() => null);
    if (event === null) return new Response(null, { status: 401 });
    if (!OVER.has(event.type)) return new Response(null, { status: 204 });
    try {
      const approval = await client.approvals.get(event.data.subject);
      const resume = resumeIn(approval.metadata);
      if (resume?.engine === engine)
        await wake({
          approvalId: approval.id,
          outcome: approval.status,
          deliveryId: event.id,
          token: resume.token,
        });
      return new Response(null, { status: 204 });
    } catch (error) {
      return new Response(error instanceof Error ? error.message : null, { status: 503 });
    }
  };

const resumeIn = (metadata: Readonly<Record<string, unknown>>): Resume | null => {
  const resume = metadata[RESUME];
  if (typeof resume !== 'object' || resume === null || !('engine' in resume) || !('token' in resume)) return null;
  const { engine, token } = resume;
  return typeof engine === 'string' && typeof token === 'string' ? { engine, token } : null;
};
