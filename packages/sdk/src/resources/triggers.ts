import type { Body, Call, Query } from '../call.ts';
import { eachItem } from '../page.ts';
import type { CallOptions } from '../transport.ts';

export const scheduleMethods = (call: Call) => ({
  /** Starts an agent or a workflow at times: cron with a time zone, an interval, or one moment. */
  create: (body: Body<'createSchedule'>, options?: CallOptions) => call('createSchedule', { body }, options),
  list: (query: Query<'listSchedules'> = {}, options?: CallOptions) => call('listSchedules', { query }, options),
  iterate: (query: Omit<Query<'listSchedules'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listSchedules', { query: { ...query, ...cursor } }, options)),
  /** One schedule, with its next and its last run. */
  get: (id: string, options?: CallOptions) => call('getSchedule', { id }, options),
  /** Changes when it runs, or with what. Not sent again by itself, since it carries no idempotency key. */
  update: (id: string, body: Body<'updateSchedule'>, options?: CallOptions) =>
    call('updateSchedule', { id, body }, options),
  /** Starts nothing until it is resumed. */
  pause: (id: string, options?: CallOptions) => call('pauseSchedule', { id }, options),
  resume: (id: string, options?: CallOptions) => call('resumeSchedule', { id }, options),
  /** Deletes it; its executions stay. */
  delete: (id: string, options?: CallOptions) => call('deleteSchedule', { id }, options),
  /** What became of each of its moments, the latest first. */
  runs: (id: string, query: Query<'listScheduleRuns'> = {}, options?: CallOptions) =>
    call('listScheduleRuns', { id, query }, options),
  iterateRuns: (id: string, query: Omit<Query<'listScheduleRuns'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listScheduleRuns', { id, query: { ...query, ...cursor } }, options)),
  /** The next moments of a timing. Throws `invalid` with what is wrong with it. */
  preview: (body: Body<'previewTiming'>, options?: CallOptions) => call('previewTiming', { body }, options),
});

export const incomingWebhookMethods = (call: Call) => ({
  /** Makes an address that starts an agent or a workflow. Its `url`, `token` and `secret` are shown this once. */
  create: (body: Body<'createIncomingWebhook'>, options?: CallOptions) =>
    call('createIncomingWebhook', { body }, options),
  list: (query: Query<'listIncomingWebhooks'> = {}, options?: CallOptions) =>
    call('listIncomingWebhooks', { query }, options),
  iterate: (query: Omit<Query<'listIncomingWebhooks'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listIncomingWebhooks', { query: { ...query, ...cursor } }, options)),
  get: (id: string, options?: CallOptions) => call('getIncomingWebhook', { id }, options),
  /** Changes what it starts its target with, or switches it off and on (`enabled`). */
  update: (id: string, body: Body<'updateIncomingWebhook'>, options?: CallOptions) =>
    call('updateIncomingWebhook', { id, body }, options),
  /** Gives it another token; the one before is worth nothing at once. */
  rotate: (id: string, options?: CallOptions) => call('rotateIncomingWebhook', { id }, options),
  /** Deletes it; its executions stay. */
  delete: (id: string, options?: CallOptions) => call('deleteIncomingWebhook', { id }, options),
  /** What was posted to it and what became of that, the latest first. */
  deliveries: (id: string, query: Query<'listIncomingDeliveries'> = {}, options?: CallOptions) =>
    call('listIncomingDeliveries', { id, query }, options),
  iterateDeliveries: (id: string, query: Omit<Query<'listIncomingDeliveries'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listIncomingDeliveries', { id, query: { ...query, ...cursor } }, options)),
});

export const voiceLineMethods = (call: Call) => ({
  /** Has an agent answer a phone number at Twilio. */
  create: (body: Body<'createVoiceLine'>, options?: CallOptions) => call('createVoiceLine', { body }, options),
  list: (query: Query<'listVoiceLines'> = {}, options?: CallOptions) => call('listVoiceLines', { query }, options),
  iterate: (query: Omit<Query<'listVoiceLines'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listVoiceLines', { query: { ...query, ...cursor } }, options)),
  get: (id: string, options?: CallOptions) => call('getVoiceLine', { id }, options),
  /** Changes how it answers, or switches it off and on (`enabled`). */
  update: (id: string, body: Body<'updateVoiceLine'>, options?: CallOptions) =>
    call('updateVoiceLine', { id, body }, options),
  /** Nobody answers there any more; its conversations stay. */
  delete: (id: string, options?: CallOptions) => call('deleteVoiceLine', { id }, options),
  /** Its calls, the latest first. */
  calls: (id: string, query: Query<'listVoiceCalls'> = {}, options?: CallOptions) =>
    call('listVoiceCalls', { id, query }, options),
  iterateCalls: (id: string, query: Omit<Query<'listVoiceCalls'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listVoiceCalls', { id, query: { ...query, ...cursor } }, options)),
});
