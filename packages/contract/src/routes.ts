import { accessRoutes } from './routes/access.ts';
import { accountRoutes } from './routes/account.ts';
import { pushRoutes } from './routes/push.ts';
import { agentRoutes } from './routes/agents.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { auditRoutes } from './routes/audit.ts';
import { channelRoutes } from './routes/channels.ts';
import { conversationRoutes } from './routes/conversations.ts';
import { executionRoutes } from './routes/executions.ts';
import { invitationRoutes } from './routes/invitations.ts';
import { peopleRoutes } from './routes/people.ts';
import { policyRoutes } from './routes/policies.ts';
import { signingRoutes } from './routes/signing.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { toolRoutes } from './routes/tools.ts';
import { voiceLineRoutes } from './routes/voice-lines.ts';
import { triggerRoutes } from './routes/triggers.ts';
import { viewRoutes } from './routes/views.ts';
import { workflowRoutes } from './routes/workflows.ts';

/** Every operation of `/v1`. A handler, a client method and an OpenAPI operation exist for each, or it does not compile. */
export const routes = {
  ...approvalRoutes,
  ...agentRoutes,
  ...toolRoutes,
  ...workflowRoutes,
  ...triggerRoutes,
  ...voiceLineRoutes,
  ...executionRoutes,
  ...conversationRoutes,
  ...accessRoutes,
  ...peopleRoutes,
  ...invitationRoutes,
  ...policyRoutes,
  ...signingRoutes,
  ...viewRoutes,
  ...signInRoutes,
  ...accountRoutes,
  ...pushRoutes,
  ...auditRoutes,
  ...channelRoutes,
};

export type Routes = typeof routes;
export type RouteName = keyof Routes;
