/** What can go wrong between us and the server. What a gate can answer with is in `gate-errors.ts`. */
import type { FieldProblem, ProblemCode, WireApproval } from '@countersign/contract';

/** Above every error that this package throws. An aborted call throws its signal's reason instead. */
export class CountersignError extends Error {
  override name = 'CountersignError';
}

/** What a problem document (RFC 9457) says, with the facts about the case apart. */
export type ProblemDetails = {
  /** `unexpected_answer`: not one of our problem documents, such as a proxy's own page. */
  readonly code: ProblemCode | 'unexpected_answer';
  readonly title: string;
  readonly detail: string;
  readonly instance: string | null;
  /** Field by field, where `code` is `invalid`. */
  readonly errors: readonly FieldProblem[];
  /** Facts about the case, such as `decision` on `already_decided`. */
  readonly facts: Readonly<Record<string, unknown>>;
};

/** The server answered, and it was not a success. */
export class ApiError extends CountersignError implements ProblemDetails {
  override name = 'ApiError';
  readonly status: number;
  readonly code: ProblemDetails['code'];
  readonly title: string;
  readonly detail: string;
  readonly instance: string | null;
  readonly errors: readonly FieldProblem[];
  readonly facts: Readonly<Record<string, unknown>>;
  /** From the `Retry-After` header. */
  readonly retryAfterSeconds: number | null;

  constructor(status: number, problem: ProblemDetails, retryAfterSeconds: number | null = null) {
    super(problem.detail || problem.title);
    this.status = status;
    this.code = problem.code;
    this.title = problem.title;
    this.detail = problem.detail;
    this.instance = problem.instance;
    this.errors = problem.errors;
    this.facts = problem.facts;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** There was no answer, or half of one. Whether the request took effect is unknown. */
export class ConnectionError extends CountersignError {
  override name = 'ConnectionError';
}

/** The time that this caller gave was over. Whether the request took effect is unknown. */
export class TimeoutError extends CountersignError {
  override name = 'TimeoutError';
  readonly timeoutSeconds: number;
  /** The approval as last seen, where it was waited for. */
  readonly approval: WireApproval | null;

  constructor(message: string, timeoutSeconds: number, approval: WireApproval | null = null) {
    super(message);
    this.timeoutSeconds = timeoutSeconds;
    this.approval = approval;
  }
}
