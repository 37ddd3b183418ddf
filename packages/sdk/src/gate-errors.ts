/** The answers of a gate that mean: do not act. */
import type { WireApproval } from '@countersign/contract';
import { CountersignError } from './errors.ts';

/** Above all of them, so that `catch (error) { if (error instanceof GateError) … }` means "must not act". */
export class GateError extends CountersignError {
  override name = 'GateError';
  /** Null where nobody was asked. */
  readonly approval: WireApproval | null;

  constructor(message: string, approval: WireApproval | null) {
    super(message);
    this.approval = approval;
  }
}

/** The gate's rules refuse this call; nobody was asked. */
export class BlockedError extends GateError {
  override name = 'BlockedError';
  readonly reason: string;

  constructor(reason: string) {
    super(`Blocked: ${reason}`, null);
    this.reason = reason;
  }
}

/** A person said no. Give `reason` to the model, so that it can answer with something else. */
export class RejectedError extends GateError {
  override name = 'RejectedError';
  readonly reason: string | null;

  constructor(reason: string | null, approval: WireApproval | null) {
    super(reason === null ? 'Rejected' : `Rejected: ${reason}`, approval);
    this.reason = reason;
  }
}

/** Nobody decided in time, or the approval was not used in time. */
export class ExpiredError extends GateError {
  override name = 'ExpiredError';
}

/** The request was withdrawn. */
export class CancelledError extends GateError {
  override name = 'CancelledError';
}

/** The approval was already taken for execution: by an earlier life of this program, or by somebody else. */
export class AlreadyConsumedError extends GateError {
  override name = 'AlreadyConsumedError';
}

/** It is said to be approved, and no receipt of a trusted key proves it. */
export class UnprovenError extends GateError {
  override name = 'UnprovenError';
}

/** What came back is not what was asked for or not what was approved. Somebody or something changed it on the way. */
export class DigestError extends GateError {
  override name = 'DigestError';
}
