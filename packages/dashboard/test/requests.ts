/** What programs ask for in the journeys. */
const REFUND_SCHEMA = {
  type: 'object',
  properties: {
    charge: { type: 'string' },
    amount: { type: 'number', minimum: 1, maximum: 500 },
    currency: { type: 'string', enum: ['EUR', 'USD'] },
    note: { type: 'string', maxLength: 2000 },
    tags: { type: 'array', items: { type: 'string' } },
    notify: { type: 'object', properties: { email: { type: 'string' }, sms: { type: 'boolean' } } },
  },
  required: ['charge', 'amount', 'currency'],
  additionalProperties: false,
};

export const refund = (customer: string, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  title: `Refund to ${customer}`,
  tool: 'refunds.create',
  checkpoint: 'approve_refund',
  // Of each customer's own charge: the same call asked again after a rejection is refused at once.
  arguments: {
    charge: `ch_${customer}`,
    amount: 89,
    currency: 'EUR',
    note: 'Thank you for your patience.',
    tags: ['late'],
    notify: { email: 'a@example.com', sms: false },
  },
  arguments_schema: REFUND_SCHEMA,
  agent_name: 'Support agent',
  timeout_seconds: 3600,
  ...over,
});
