/** Workflows to begin with, served as they stand in `templates/`. Each runs in the demo, with the demo's tools. */
import type { WireWorkflowTemplate } from '@countersign/contract';
import { workflowShapes } from '@countersign/contract';
import accountChange from './templates/account-change.json' with { type: 'json' };
import configurationChange from './templates/configuration-change.json' with { type: 'json' };
import contentModeration from './templates/content-moderation.json' with { type: 'json' };
import dataDeletion from './templates/data-deletion.json' with { type: 'json' };
import outgoingEmail from './templates/outgoing-email.json' with { type: 'json' };
import refund from './templates/refund.json' with { type: 'json' };

/** With the defaults that the files leave out. */
export const WORKFLOW_TEMPLATES: WireWorkflowTemplate[] = [
  refund,
  outgoingEmail,
  contentModeration,
  accountChange,
  configurationChange,
  dataDeletion,
].map((template) => workflowShapes.WorkflowTemplate.parse(template));
