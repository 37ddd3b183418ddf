import { defineRoutes } from '../route.ts';
import * as shapes from '../schemas/signing.ts';

const tag = 'Signing keys';

/** One's own keys for signing decisions. They sign nobody in, and what signs in signs no decision. */
export const signingRoutes = defineRoutes({
  listSigningKeys: {
    method: 'GET',
    path: '/v1/signing-keys',
    tag,
    summary: 'What you sign decisions with',
    permission: 'approvals:decide',
    person: true,
    response: shapes.SigningCredentialList,
    status: 200,
  },
  startSigningKey: {
    method: 'POST',
    path: '/v1/signing-key-options',
    tag,
    summary: 'A challenge for a new signing key',
    permission: 'approvals:decide',
    person: true,
    stepUp: true,
    response: shapes.SigningOptions,
    status: 200,
  },
  addSigningKey: {
    method: 'POST',
    path: '/v1/signing-keys',
    tag,
    summary: 'Add a signing key',
    permission: 'approvals:decide',
    person: true,
    stepUp: true,
    body: shapes.AddSigningCredential,
    response: shapes.SigningCredential,
    status: 201,
    idempotency: 'required',
  },
  revokeSigningKey: {
    method: 'DELETE',
    path: '/v1/signing-keys/{id}',
    tag,
    summary: 'Revoke a signing key; what it has signed stays good',
    permission: 'approvals:decide',
    person: true,
    stepUp: true,
    response: null,
    status: 204,
  },
});
