import { defineRoutes } from '../route.ts';
import * as shapes from '../schemas/people.ts';

const tag = 'People';

export const peopleRoutes = defineRoutes({
  listMembers: { method: 'GET', path: '/v1/members', tag, summary: 'Everybody in the workspace', permission: 'members:read', response: shapes.MemberList, status: 200 },
  createMember: { method: 'POST', path: '/v1/members', tag, summary: 'Add a person', permission: 'members:write', person: true, body: shapes.CreateMember, response: shapes.Member, status: 201, idempotency: 'required' },
  updateMember: { method: 'PATCH', path: '/v1/members/{id}', tag, summary: 'Change roles', permission: 'members:write', person: true, body: shapes.UpdateMember, response: shapes.Member, status: 200 },
  listGroups: { method: 'GET', path: '/v1/groups', tag, summary: 'List groups', permission: 'members:read', response: shapes.GroupList, status: 200 },
  createGroup: { method: 'POST', path: '/v1/groups', tag, summary: 'Create a group', permission: 'members:write', person: true, body: shapes.CreateGroup, response: shapes.Group, status: 201, idempotency: 'required' },
  updateGroup: { method: 'PATCH', path: '/v1/groups/{id}', tag, summary: 'Rename a group or set its members', permission: 'members:write', person: true, body: shapes.UpdateGroup, response: shapes.Group, status: 200 },
  deleteGroup: { method: 'DELETE', path: '/v1/groups/{id}', tag, summary: 'Delete a group', permission: 'members:write', person: true, response: null, status: 204 },
  listDelegations: { method: 'GET', path: '/v1/delegations', tag, summary: 'Who stands in for whom, now and later', permission: 'members:read', response: shapes.DelegationList, status: 200 },
  createDelegation: { method: 'POST', path: '/v1/delegations', tag, summary: 'Let somebody stand in for a time', permission: 'approvals:decide', person: true, body: shapes.CreateDelegation, response: shapes.Delegation, status: 201, idempotency: 'required' },
  deleteDelegation: { method: 'DELETE', path: '/v1/delegations/{id}', tag, summary: 'End a delegation', permission: 'approvals:decide', person: true, response: null, status: 204 },
  listCalendars: { method: 'GET', path: '/v1/calendars', tag, summary: 'Working calendars', permission: 'members:read', response: shapes.CalendarList, status: 200 },
  putCalendar: { method: 'PUT', path: '/v1/calendars', tag, summary: 'Create or change a working calendar', permission: 'members:write', person: true, body: shapes.PutCalendar, response: shapes.Calendar, status: 200 },
  deleteCalendar: { method: 'DELETE', path: '/v1/calendars/{name}', tag, summary: 'Delete a calendar', permission: 'members:write', person: true, response: null, status: 204 },
  getSettings: { method: 'GET', path: '/v1/settings', tag, summary: 'Switches of the workspace', permission: 'members:read', response: shapes.Settings, status: 200 },
  putSettings: { method: 'PUT', path: '/v1/settings', tag, summary: 'Change the switches of the workspace', permission: 'members:write', person: true, body: shapes.Settings, response: shapes.Settings, status: 200 },
});
