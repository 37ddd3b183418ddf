import type { QueryClient } from '@tanstack/react-query';
import {
  Outlet,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { Link } from '@tanstack/react-router';
import { isProblem } from './api.ts';
import { HistoryRecord, InboxPane } from './approvals/approval-pane.tsx';
import { InboxPage } from './approvals/inbox-page.tsx';
import { approvalQuery } from './approvals/queries.ts';
import { readAudit } from './audit/search.ts';
import { readHealth } from './health/search.ts';
import { readPeople } from './people/search.ts';
import { readCompare, readHistory, readInbox, readRuns, readSignIn, readStudio } from './search.ts';
import { sessionQuery } from './session.ts';
import { SignedIn } from './shell/signed-in.tsx';
import { buttonClass } from './ui/button.tsx';
import { Empty, Failure } from './ui/states.tsx';

const root = createRootRouteWithContext<{ readonly client: QueryClient }>()({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: readSignIn,
  component: lazyRouteComponent(() => import('./sign-in/sign-in-page.tsx'), 'SignInPage'),
});

const ssoCallback = createRoute({
  getParentRoute: () => root,
  path: '/sign-in/callback',
  component: lazyRouteComponent(() => import('./sign-in/sso-callback-page.tsx'), 'SsoCallbackPage'),
});

const join = createRoute({
  getParentRoute: () => root,
  path: '/join',
  component: lazyRouteComponent(() => import('./sign-in/join-page.tsx'), 'JoinPage'),
});

/** Everything behind the sign-in. */
const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  component: SignedIn,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.client.ensureQueryData(sessionQuery);
    } catch (error) {
      if (isProblem(error) && error.status === 401)
        throw redirect({ to: '/sign-in', search: readSignIn({ return: location.href }) });
      throw error;
    }
  },
  errorComponent: ({ error, reset }) => (
    <main className="pt-[12vh]">
      <Failure heading error={error} onRetry={reset} />
    </main>
  ),
});

const home = createRoute({
  getParentRoute: () => app,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/inbox', replace: true });
  },
});

const inbox = createRoute({
  getParentRoute: () => app,
  path: '/inbox',
  validateSearch: readInbox,
  component: InboxPage,
});
const inboxPane = createRoute({ getParentRoute: () => inbox, path: '$id', component: InboxPane });

/** The address of a request in messages: it stays the same, wherever the request is by now. */
const permalink = createRoute({
  getParentRoute: () => app,
  path: '/a/$id',
  beforeLoad: async ({ context, params: { id } }) => {
    const approval = await context.client.ensureQueryData(approvalQuery(id));
    throw redirect({
      to: approval.status === 'pending' ? '/inbox/$id' : '/history/$id',
      params: { id },
      replace: true,
    });
  },
});

const history = createRoute({
  getParentRoute: () => app,
  path: '/history',
  validateSearch: readHistory,
  component: lazyRouteComponent(() => import('./approvals/history-page.tsx'), 'HistoryPage'),
});
const historyRecord = createRoute({
  getParentRoute: () => app,
  path: '/history/$id',
  validateSearch: readHistory,
  component: HistoryRecord,
});

const executions = createRoute({
  getParentRoute: () => app,
  path: '/executions',
  validateSearch: readRuns,
  component: lazyRouteComponent(() => import('./executions/executions-page.tsx'), 'ExecutionsPage'),
});
const execution = createRoute({
  getParentRoute: () => app,
  path: '/executions/$id',
  component: lazyRouteComponent(() => import('./executions/execution-page.tsx'), 'ExecutionPage'),
});

const agents = createRoute({
  getParentRoute: () => app,
  path: '/agents',
  component: lazyRouteComponent(() => import('./agents/agents-page.tsx'), 'AgentsPage'),
});
const newAgent = createRoute({
  getParentRoute: () => app,
  path: '/agents/new',
  component: lazyRouteComponent(() => import('./agents/new-agent-page.tsx'), 'NewAgentPage'),
});
const agent = createRoute({
  getParentRoute: () => app,
  path: '/agents/$id',
  component: lazyRouteComponent(() => import('./agents/agent-page.tsx'), 'AgentPage'),
});
const newVersion = createRoute({
  getParentRoute: () => app,
  path: '/agents/$id/edit',
  component: lazyRouteComponent(() => import('./agents/new-version-page.tsx'), 'NewVersionPage'),
});
const version = createRoute({
  getParentRoute: () => app,
  path: '/agents/$id/v/$n',
  validateSearch: readCompare,
  component: lazyRouteComponent(() => import('./agents/version-page.tsx'), 'VersionPage'),
});

const studio = createRoute({
  getParentRoute: () => app,
  path: '/studio',
  validateSearch: readStudio,
  component: lazyRouteComponent(() => import('./studio/studio-page.tsx'), 'StudioPage'),
});
const schedules = createRoute({
  getParentRoute: () => app,
  path: '/schedules',
  component: lazyRouteComponent(() => import('./triggers/schedules-page.tsx'), 'SchedulesPage'),
});
const triggers = createRoute({
  getParentRoute: () => app,
  path: '/triggers',
  component: lazyRouteComponent(() => import('./triggers/hooks-page.tsx'), 'HooksPage'),
});
const voiceLines = createRoute({
  getParentRoute: () => app,
  path: '/voice-lines',
  component: lazyRouteComponent(() => import('./triggers/voice-lines-page.tsx'), 'VoiceLinesPage'),
});
const schedule = createRoute({
  getParentRoute: () => app,
  path: '/schedules/$id',
  component: lazyRouteComponent(() => import('./triggers/schedule-page.tsx'), 'SchedulePage'),
});
const workflows = createRoute({
  getParentRoute: () => app,
  path: '/workflows',
  component: lazyRouteComponent(() => import('./workflows/pages/workflows-page.tsx'), 'WorkflowsPage'),
});
const newWorkflow = createRoute({
  getParentRoute: () => app,
  path: '/workflows/new',
  component: lazyRouteComponent(() => import('./workflows/pages/new-workflow-page.tsx'), 'NewWorkflowPage'),
});
const workflow = createRoute({
  getParentRoute: () => app,
  path: '/workflows/$id',
  component: lazyRouteComponent(() => import('./workflows/editor/editor-page.tsx'), 'EditorPage'),
});
const workflowVersions = createRoute({
  getParentRoute: () => app,
  path: '/workflows/$id/versions',
  component: lazyRouteComponent(() => import('./workflows/pages/versions-page.tsx'), 'VersionsPage'),
});
const workflowVersion = createRoute({
  getParentRoute: () => app,
  path: '/workflows/$id/v/$n',
  validateSearch: readCompare,
  component: lazyRouteComponent(() => import('./workflows/pages/version-page.tsx'), 'VersionPage'),
});

const tools = createRoute({
  getParentRoute: () => app,
  path: '/settings/tools',
  component: lazyRouteComponent(() => import('./settings/tools-page.tsx'), 'ToolsPage'),
});
const keys = createRoute({
  getParentRoute: () => app,
  path: '/settings/keys',
  component: lazyRouteComponent(() => import('./settings/keys-page.tsx'), 'KeysPage'),
});

const channels = createRoute({
  getParentRoute: () => app,
  path: '/channels',
  component: lazyRouteComponent(() => import('./channels/channels-page.tsx'), 'ChannelsPage'),
});
const channel = createRoute({
  getParentRoute: () => app,
  path: '/channels/$id',
  component: lazyRouteComponent(() => import('./channels/channel-page.tsx'), 'ChannelPage'),
});

const health = createRoute({
  getParentRoute: () => app,
  path: '/health',
  validateSearch: readHealth,
  component: lazyRouteComponent(() => import('./health/health-page.tsx'), 'HealthPage'),
});
const alike = createRoute({
  getParentRoute: () => app,
  path: '/alike',
  component: lazyRouteComponent(() => import('./bulk/alike-page.tsx'), 'AlikePage'),
});
const policies = createRoute({
  getParentRoute: () => app,
  path: '/policies',
  component: lazyRouteComponent(() => import('./policies/policies-page.tsx'), 'PoliciesPage'),
});
const newPolicy = createRoute({
  getParentRoute: () => app,
  path: '/policies/new',
  component: lazyRouteComponent(() => import('./policies/new-policy-page.tsx'), 'NewPolicyPage'),
});
const policy = createRoute({
  getParentRoute: () => app,
  path: '/policies/$id',
  validateSearch: readCompare,
  component: lazyRouteComponent(() => import('./policies/policy-page.tsx'), 'PolicyPage'),
});
const grants = createRoute({
  getParentRoute: () => app,
  path: '/grants',
  component: lazyRouteComponent(() => import('./grants/grants-page.tsx'), 'GrantsPage'),
});
const account = createRoute({
  getParentRoute: () => app,
  path: '/account',
  component: lazyRouteComponent(() => import('./account/account-page.tsx'), 'AccountPage'),
});
const people = createRoute({
  getParentRoute: () => app,
  path: '/settings/people',
  validateSearch: readPeople,
  component: lazyRouteComponent(() => import('./people/people-page.tsx'), 'PeoplePage'),
});

const audit = createRoute({
  getParentRoute: () => app,
  path: '/audit',
  validateSearch: readAudit,
  component: lazyRouteComponent(() => import('./audit/audit-page.tsx'), 'AuditPage'),
});
const auditEntry = createRoute({
  getParentRoute: () => app,
  path: '/audit/$id',
  component: lazyRouteComponent(() => import('./audit/entry-page.tsx'), 'EntryPage'),
});

const tree = root.addChildren([
  join,
  signIn,
  ssoCallback,
  app.addChildren([
    home,
    inbox.addChildren([inboxPane]),
    permalink,
    history,
    historyRecord,
    executions,
    execution,
    agents,
    newAgent,
    agent,
    newVersion,
    version,
    studio,
    triggers,
    voiceLines,
    schedules,
    schedule,
    workflows,
    newWorkflow,
    workflow,
    workflowVersions,
    workflowVersion,
    tools,
    keys,
    channels,
    channel,
    health,
    alike,
    policies,
    newPolicy,
    policy,
    grants,
    people,
    account,
    audit,
    auditEntry,
  ]),
]);

const NotFound = () => (
  <Empty
    title="Gone, or not yours"
    action={
      <Link to="/inbox" className={buttonClass('outline')}>
        Go to the inbox
      </Link>
    }
  >
    There is nothing at this address that you can see.
  </Empty>
);

export const createAppRouter = (client: QueryClient) =>
  createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: ({ error, reset }) => <Failure heading error={error} onRetry={reset} />,
  });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
