/**
 * The one error shape of the platform. `message` is a public sentence; `details` go to logs only.
 * Made by small factories in the module that detects the failure; recognised by shape, not by instanceof.
 */
export interface CodedErrorInit {
  /** `NAMESPACE.SUBCODE`, explained in docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** One sentence: what the user can do about it. */
  readonly fix?: string;
  /** Whether the same call may succeed later without a change. */
  readonly retryable?: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class CodedError extends Error {
  readonly code: string;
  readonly fix: string | undefined;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(init: CodedErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'CodedError';
    this.code = init.code;
    this.fix = init.fix;
    this.retryable = init.retryable ?? false;
    this.details = init.details ?? {};
  }
}

/** True for any error of our shape, whichever package or thread made it. */
export function isCodedError(error: unknown): error is CodedError {
  return error instanceof Error && typeof (error as Partial<CodedError>).code === 'string' && 'retryable' in error;
}
