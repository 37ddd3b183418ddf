/** The demo shop's tools: a small server with a few orders, in memory. */
import { createHash } from 'node:crypto';
import { type Json, type JsonObject, isObject } from '@countersign/core';
import { carryOutForWorkflow } from './workflow-tools.ts';
import { type Handler, type Incoming, type Reply, jsonReply } from '../recorded-model/listen.ts';

type Order = {
  readonly order_id: string;
  readonly customer: { readonly name: string; readonly email: string };
  readonly items: readonly {
    readonly sku: string;
    readonly name: string;
    readonly quantity: number;
    readonly price: number;
  }[];
  readonly currency: 'EUR';
  readonly total: number;
  readonly paid_with: string;
  readonly status: string;
  readonly delivered_on: string | null;
};

const ORDERS: readonly Order[] = [
  {
    order_id: 'HL-20418',
    customer: { name: 'Marta Lindqvist', email: 'marta.lindqvist@example.com' },
    items: [
      { sku: 'PL-ARC-SM', name: 'Pendant lamp “Arc”, smoked glass', quantity: 1, price: 189 },
      { sku: 'CH-OAK-2', name: 'Candle holders, oak, set of two', quantity: 1, price: 34.5 },
    ],
    currency: 'EUR',
    total: 223.5,
    paid_with: 'Visa ending in 4471',
    status: 'delivered',
    delivered_on: 'this morning, 09:12',
  },
  {
    order_id: 'HL-20431',
    customer: { name: 'Jonas Okafor', email: 'jonas.okafor@example.com' },
    items: [{ sku: 'DL-BRASS', name: 'Desk lamp “Post”, brass', quantity: 2, price: 129 }],
    currency: 'EUR',
    total: 258,
    paid_with: 'SEPA direct debit',
    status: 'with the carrier',
    delivered_on: null,
  },
];

const POLICIES: Readonly<Record<string, string>> = {
  damaged_in_transit:
    'Items that arrive damaged are refunded in full within 30 days of delivery. The customer keeps or disposes of them. Every refund needs the approval of a colleague.',
  changed_mind: 'Undamaged items can be returned within 14 days; the customer pays the return.',
};

/** The answer to a call, or why it can't be carried out. */
export type Outcome = { readonly status: number; readonly body: Json };

/** Serves `POST /tools/{name}`. A call whose Idempotency-Key it knows gets its first answer again. */
export const demoToolsHandler = (): Handler => {
  const answered = new Map<string, Outcome>();

  return (request) => {
    const tool = /^\/tools\/(\w+)$/.exec(request.path)?.[1];
    if (request.method !== 'POST' || tool === undefined) return reply({ status: 404, body: { error: 'no such tool' } });
    const key = String(request.headers['idempotency-key'] ?? '');
    const outcome = answered.get(key) ?? carryOut(tool, argumentsOf(request), key);
    if (key !== '') answered.set(key, outcome);
    return reply(outcome);
  };
};

const reply = ({ status, body }: Outcome): Reply => jsonReply(status, body);

const carryOut = (tool: string, args: JsonObject | undefined, key: string): Outcome => {
  if (!args) return { status: 400, body: { error: 'the arguments must be a JSON object' } };
  switch (tool) {
    case 'get_order':
      return getOrder(args);
    case 'get_refund_policy':
      return getPolicy(args);
    case 'issue_refund':
      return issueRefund(args, key);
    case 'send_email':
      return { status: 200, body: { message_id: numberFrom('msg', key), to: args['to'] ?? null, status: 'queued' } };
    default:
      return carryOutForWorkflow(tool, args) ?? { status: 404, body: { error: `no tool is called ${tool}` } };
  }
};

const findOrder = (args: JsonObject): Order | undefined => ORDERS.find(({ order_id: id }) => id === args['order_id']);

const getOrder = (args: JsonObject): Outcome => {
  const order = findOrder(args);
  return order ? { status: 200, body: order } : { status: 404, body: { error: 'no such order' } };
};

const getPolicy = ({ topic }: JsonObject): Outcome => {
  const policy = typeof topic === 'string' ? POLICIES[topic] : undefined;
  return { status: 200, body: { topic: topic ?? null, policy: policy ?? 'There is no such policy.' } };
};

/** Earlier refunds of the order do not count, so that the demo can be run again and again. */
const issueRefund = (args: JsonObject, key: string): Outcome => {
  const order = findOrder(args);
  if (!order) return { status: 404, body: { error: 'no such order' } };
  const amount = args['amount'];
  if (typeof amount !== 'number' || amount <= 0 || amount > order.total)
    return { status: 422, body: { error: `the amount must be above 0 and at most ${order.total.toFixed(2)}` } };
  const done = { refund_id: numberFrom('re', key), order_id: order.order_id, refunded_amount: amount.toFixed(2) };
  return { status: 200, body: { ...done, currency: order.currency, to: order.paid_with, status: 'succeeded' } };
};

const numberFrom = (prefix: string, key: string): string =>
  `${prefix}_${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;

const argumentsOf = ({ body }: Incoming): JsonObject | undefined => {
  try {
    const value = JSON.parse(body) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
