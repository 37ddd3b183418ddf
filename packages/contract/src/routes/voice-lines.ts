import { defineRoutes } from '../route.ts';
import { ListQuery } from '../schemas/agents.ts';
import * as shapes from '../schemas/voice-lines.ts';

const tag = 'Voice';

export const voiceLineRoutes = defineRoutes({
  createVoiceLine: {
    method: 'POST',
    path: '/v1/voice-lines',
    tag,
    summary: 'Have an agent answer a phone number at Twilio',
    permission: 'triggers:write',
    body: shapes.CreateVoiceLine,
    response: shapes.VoiceLine,
    status: 201,
    idempotency: 'required',
  },
  listVoiceLines: {
    method: 'GET',
    path: '/v1/voice-lines',
    tag,
    summary: 'List voice lines, newest first',
    permission: 'triggers:read',
    query: ListQuery,
    response: shapes.VoiceLineList,
    status: 200,
  },
  getVoiceLine: {
    method: 'GET',
    path: '/v1/voice-lines/{id}',
    tag,
    summary: 'One voice line',
    permission: 'triggers:read',
    response: shapes.VoiceLine,
    status: 200,
  },
  updateVoiceLine: {
    method: 'PATCH',
    path: '/v1/voice-lines/{id}',
    tag,
    summary: 'Change how it answers, or switch it off and on; a call that goes on keeps to how it began',
    permission: 'triggers:write',
    body: shapes.UpdateVoiceLine,
    response: shapes.VoiceLine,
    status: 200,
  },
  deleteVoiceLine: {
    method: 'DELETE',
    path: '/v1/voice-lines/{id}',
    tag,
    summary: 'Nobody answers there any more; its conversations stay',
    permission: 'triggers:write',
    response: null,
    status: 204,
  },
  listVoiceCalls: {
    method: 'GET',
    path: '/v1/voice-lines/{id}/calls',
    tag,
    summary: 'Its calls, the latest first',
    permission: 'triggers:read',
    query: ListQuery,
    response: shapes.VoiceCallList,
    status: 200,
  },
});
