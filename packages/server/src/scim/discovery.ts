/** What this server can do, as SCIM tells it (RFC 7643, 5 to 7). */
import type { JsonObject } from '@countersign/core';
import { GROUP_SCHEMA, USER_SCHEMA } from './answer.ts';

export const serviceProviderConfig = (base: string): JsonObject => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  documentationUri: `${base}/docs/api`,
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: 200 },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: false },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'API key',
      description: 'An API key with the scope scim:write, as a bearer token',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/scim/v2/ServiceProviderConfig` },
});

export const resourceTypes = (base: string): JsonObject[] =>
  (
    [
      ['User', '/Users', USER_SCHEMA],
      ['Group', '/Groups', GROUP_SCHEMA],
    ] as const
  ).map(([name, endpoint, schema]) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id: name,
    name,
    endpoint,
    schema,
    meta: { resourceType: 'ResourceType', location: `${base}/scim/v2/ResourceTypes/${name}` },
  }));

type Flags = {
  readonly required?: true;
  readonly multiValued?: true;
  readonly readOnly?: true;
  readonly caseExact?: true;
  readonly unique?: true;
};

const attribute = (
  name: string,
  type: 'string' | 'boolean' | 'complex',
  flags: Flags = {},
  subAttributes: JsonObject[] = [],
): JsonObject => ({
  name,
  type,
  multiValued: flags.multiValued ?? false,
  required: flags.required ?? false,
  caseExact: flags.caseExact ?? false,
  mutability: flags.readOnly ? 'readOnly' : 'readWrite',
  returned: 'default',
  uniqueness: flags.unique ? 'server' : 'none',
  ...(subAttributes.length > 0 ? { subAttributes } : {}),
});

const schema = (base: string, id: string, name: string, attributes: JsonObject[]): JsonObject => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id,
  name,
  attributes,
  meta: { resourceType: 'Schema', location: `${base}/scim/v2/Schemas/${id}` },
});

export const schemas = (base: string): JsonObject[] => [
  schema(base, USER_SCHEMA, 'User', [
    attribute('userName', 'string', { required: true, unique: true }),
    attribute('externalId', 'string', { caseExact: true }),
    attribute('displayName', 'string'),
    attribute('name', 'complex', {}, [
      attribute('formatted', 'string'),
      attribute('givenName', 'string'),
      attribute('familyName', 'string'),
    ]),
    attribute('emails', 'complex', { multiValued: true }, [
      attribute('value', 'string'),
      attribute('type', 'string'),
      attribute('primary', 'boolean'),
    ]),
    attribute('active', 'boolean'),
    attribute('groups', 'complex', { multiValued: true, readOnly: true }, [
      attribute('value', 'string'),
      attribute('display', 'string'),
    ]),
    attribute('roles', 'complex', { multiValued: true, readOnly: true }, [attribute('value', 'string')]),
  ]),
  schema(base, GROUP_SCHEMA, 'Group', [
    attribute('displayName', 'string', { required: true, unique: true }),
    attribute('externalId', 'string', { caseExact: true }),
    attribute('members', 'complex', { multiValued: true }, [
      attribute('value', 'string', { caseExact: true }),
      attribute('display', 'string', { readOnly: true }),
    ]),
  ]),
];
