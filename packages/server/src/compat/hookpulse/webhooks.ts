/** A webhook by itself: a workflow of one step, which schedules start. */
import { z } from 'zod';
import type { Answer, Asked, DialectRoute } from '../dialect.ts';
import { done, readAs } from './answers.ts';
import { addStepTo } from './steps.ts';
import { Webhook } from './template.ts';
import { createTemplate } from './templates.ts';

const NAME_MAX = 100;

const addWebhook = async (asked: Asked): Promise<Answer> => {
  const webhook = readAs(Webhook.extend({ webhook_name: z.string().min(1).max(NAME_MAX) }), await asked.body());
  const { uuid } = await createTemplate(
    asked,
    {
      workflow_name: webhook.webhook_name,
      workflow_description: webhook.webhook_description,
      runtype: 'fifo_sequential',
    },
    'webhook',
  );
  await addStepTo(asked, uuid, {
    ...webhook,
    index: 0,
    step_identifier: 'call',
    human_approval_required: false,
    delay_to_next_step: 0,
  });
  return done({ webhook_template_id: uuid, message: 'Webhook template created successfully' });
};

export const webhookRoutes: readonly DialectRoute[] = [
  { method: 'POST', path: '/v1/api/add_webhook_template', answer: addWebhook },
];
