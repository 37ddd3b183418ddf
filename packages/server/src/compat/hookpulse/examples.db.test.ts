/** HookPulse's calls as its reference writes them, with curl, in JavaScript and in Python, base URL and credentials aside. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, startTestServer, until } from '../../testing/index.ts';
import { type Language, hasCurl, hasPython, runExample } from '../testing/run-example.ts';
import { brandUuid } from './brand.ts';
import { type Shop, as, createBuilder, execute, pendingOf, startShop } from './testing/shop.ts';

const BASE = 'https://api.hookpulse.io';

const CURL_HEADERS = `  -H "x-hookpulse-api-key: {{x-hookpulse-api-key}}" \\
  -H "x-brand-uuid: {{x-brand-uuid}}"`;

const LIST: Readonly<Record<Language, string>> = {
  curl: `curl -X GET "${BASE}/v1/api/get_all_pending_approvals_paginated/?page=1" \\
${CURL_HEADERS}`,
  javascript: `const page = 1;
const response = await fetch(\`${BASE}/v1/api/get_all_pending_approvals_paginated/?page=\${page}\`, {
  method: 'GET',
  headers: {
    'x-hookpulse-api-key': '{{x-hookpulse-api-key}}',
    'x-brand-uuid': '{{x-brand-uuid}}'
  }
});

const data = await response.json();
console.log(JSON.stringify(data));`,
  python: `import json
import requests

url = '${BASE}/v1/api/get_all_pending_approvals_paginated/'
headers = {
    'x-hookpulse-api-key': '{{x-hookpulse-api-key}}',
    'x-brand-uuid': '{{x-brand-uuid}}'
}
params = {
    'page': 1
}

response = requests.get(url, headers=headers, params=params)
print(json.dumps(response.json()))`,
};

const ACT: Readonly<Record<Language, string>> = {
  curl: `curl -X POST "${BASE}/v1/api/human_approval_action/" \\
${CURL_HEADERS} \\
  -H "Content-Type: application/json" \\
  -d '{
    "action": "approve",
    "execution_plan_uuid": "{{execution_plan_uuid}}"
  }'`,
  javascript: `const response = await fetch('${BASE}/v1/api/human_approval_action/', {
  method: 'POST',
  headers: {
    'x-hookpulse-api-key': '{{x-hookpulse-api-key}}',
    'x-brand-uuid': '{{x-brand-uuid}}',
    'Content-Type': 'application/json'
  },
  body: JSON.stringify({
    action: 'reject',
    execution_plan_uuid: '{{execution_plan_uuid}}'
  })
});

const data = await response.json();
console.log(JSON.stringify(data));`,
  python: `import json
import requests

url = '${BASE}/v1/api/human_approval_action/'
headers = {
    'x-hookpulse-api-key': '{{x-hookpulse-api-key}}',
    'x-brand-uuid': '{{x-brand-uuid}}',
    'Content-Type': 'application/json'
}
payload = {
    'action': 'approve',
    'execution_plan_uuid': '{{execution_plan_uuid}}'
}

response = requests.post(url, headers=headers, json=payload)
print(json.dumps(response.json()))`,
};

const TEMPLATE = `curl -X POST ${BASE}/v1/api/add_workflow_template/ \\
${CURL_HEADERS} \\
  -H "Content-Type: application/json" \\
  -d '{
    "workflow_name": "{{workflow_name}}",
    "workflow_description": "{{workflow_description}}",
    "runtype": "{{runtype}}"
  }'`;

const STEP = `curl -X POST ${BASE}/v1/api/add_workflow_step/ \\
${CURL_HEADERS} \\
  -H "Content-Type: application/json" \\
  -d '{
    "index": {{index}},
    "workflow_uuid": "{{workflow_uuid}}",
    "webhook_name": "{{webhook_name}}",
    "webhook_description": "{{webhook_description}}",
    "method": "{{method}}",
    "path": "{{path}}",
    "domain_uuid": "{{domain_uuid}}",
    "human_approval_required": {{human_approval_required}},
    "step_identifier": "{{step_identifier}}",
    "on_success_next_step_identifier": "{{on_success_next_step_identifier}}",
    "on_fail_next_step_identifier": "{{on_fail_next_step_identifier}}",
    "delay_to_next_step": {{delay_to_next_step}},
    "execution_condition": {
      "operator": "{{operator}}",
      "field": "{{field}}",
      "value": "{{value}}"
    },
    "retry_delay": {{retry_delay}},
    "retry_backoff_mode": "{{retry_backoff_mode}}",
    "max_retries": {{max_retries}},
    "request_timeout_in_milliseconds": {{request_timeout_in_milliseconds}},
    "request_body_json": {},
    "headers_json": {},
    "query_params_json": {}
  }'`;

const SCHEDULE = `const response = await fetch('${BASE}/v1/api/add_interval_schedule/', {
  method: 'POST',
  headers: {
    'x-hookpulse-api-key': '{{x-hookpulse-api-key}}',
    'x-brand-uuid': '{{x-brand-uuid}}',
    'Content-Type': 'application/json'
  },
  body: JSON.stringify({
    interval_value: 5,
    is_one_off_task: false,
    interval_period: 'second',
    schedule_to: 'workflow',
    model_to_schedule_uuid: '{{model_to_schedule_uuid}}',
    initial_context_template: {
      key: 'value'
    }
  })
});

const data = await response.json();
console.log(JSON.stringify(data));`;

const DELETE = `import json
import requests

url = '${BASE}/v1/api/delete_schedule/'
headers = {
    'x-hookpulse-api-key': '{{x-hookpulse-api-key}}',
    'x-brand-uuid': '{{x-brand-uuid}}',
    'Content-Type': 'application/json'
}
payload = {
    'schedule_uuid': '{{schedule_uuid}}'
}

response = requests.delete(url, headers=headers, json=payload)
print(json.dumps(response.json()))`;

let app: TestApp;
let shop: Shop;
let builder: ReturnType<typeof createBuilder>;
beforeAll(async () => {
  [app, shop] = await Promise.all([startTestServer(), startShop()]);
  builder = createBuilder(app, app.one, shop);
});
afterAll(async () => {
  await app.stop();
  await shop.close();
});

const run = async (
  language: Language,
  example: string,
  key: 'asking' | 'deciding',
  values: Record<string, string> = {},
) => {
  const all = {
    'x-hookpulse-api-key': app.one.keys[key].secret,
    'x-brand-uuid': brandUuid(app.one.id),
    ...values,
  };
  const text = Object.entries(all).reduce(
    (filled, [name, value]) => filled.replaceAll(`{{${name}}}`, value),
    example.replaceAll(BASE, `${app.url}/compat/hookpulse`),
  );
  return JSON.parse(await runExample(language, text));
};

const canRun = (language: Language): boolean =>
  language === 'javascript' || (language === 'curl' ? hasCurl : hasPython);

describe.each(['curl', 'javascript', 'python'] as const)('in %s', (language) => {
  test.skipIf(!canRun(language))(
    'what waits is listed and acted upon',
    async () => {
      const { id, uuid } = await builder.template({
        charge: { human_approval_required: true, on_fail_next_step_identifier: 'apologise' },
        apologise: {},
      });
      const execution = await execute(app, app.one, id);
      await execution.becomes('awaiting_approval');
      const listed = await run(language, LIST[language], 'deciding');
      expect(listed).toMatchObject({ success: true, meta: { page: 1 } });
      const waiting = listed.data.find((one: { workflow_uuid: string }) => one.workflow_uuid === uuid);
      const acted = await run(language, ACT[language], 'deciding', waiting);
      expect(acted).toEqual({
        success: true,
        message: language === 'javascript' ? 'Workflow rejected and skipped' : 'Workflow approved and resumed',
      });
      await execution.becomes('completed');
      expect((await run(language, ACT[language], 'deciding', waiting)).success).toBe(false);
    },
    60_000,
  );
});

test.skipIf(!hasCurl || !hasPython)(
  'a template is made, a step added, scheduled, and the schedule deleted',
  async () => {
    const made = await run('curl', TEMPLATE, 'asking', {
      workflow_name: `Example ${randomUUID()}`,
      workflow_description: 'From the reference',
      runtype: 'fifo_sequential',
    });
    expect(made).toMatchObject({ success: true, details: 'Webhook Template added' });
    const step = {
      index: '0',
      webhook_name: 'Charge the card',
      webhook_description: 'Takes the money',
      method: 'POST',
      path: '/charge',
      domain_uuid: await builder.domainUuid(),
      human_approval_required: 'true',
      step_identifier: 'charge-card',
      on_success_next_step_identifier: '',
      on_fail_next_step_identifier: '',
      delay_to_next_step: '0',
      operator: 'eq',
      field: 'initial.key',
      value: 'value',
      retry_delay: '10',
      retry_backoff_mode: 'linear',
      max_retries: '5',
      request_timeout_in_milliseconds: '5000',
    };
    const added = await run('curl', STEP, 'asking', { ...step, workflow_uuid: made.workflow_uuid });
    expect(added).toEqual({ success: true, details: 'Workflow webhook added successfully' });
    const scheduled = await run('javascript', SCHEDULE, 'asking', { model_to_schedule_uuid: made.workflow_uuid });
    expect(scheduled).toMatchObject({ success: true, details: 'Schedule added successfully' });
    await until(
      () => pendingOf(as(app, app.one, app.one.keys.deciding), made.workflow_uuid),
      (rows) => rows.length > 0,
      30_000,
    );
    const deleted = await run('python', DELETE, 'asking', { schedule_uuid: scheduled.schedule_uuid });
    expect(deleted.success).toBe(true);
  },
  60_000,
);
