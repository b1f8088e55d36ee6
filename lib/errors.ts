/** Every refusal a client can meet (contract.md, section 3). Clients match on these, so they never change. */
export type ErrorCode =
  | "unauthenticated"
  | "forbidden"
  | "cross_site_request"
  | "not_found"
  | "conflict"
  | "payload_too_large"
  | "unsupported_media_type"
  | "invalid_request"
  | "email_taken"
  | "invalid_credentials"
  | "rate_limited"
  | "no_key"
  | "key_invalid"
  | "key_expired"
  | "key_limit_reached"
  | "out_of_credit"
  | "budget_reached"
  | "model_not_allowed"
  | "model_not_found"
  | "provider_rate_limited"
  | "provider_unavailable"
  | "provider_timeout"
  | "internal";

/** The one thing to do about a key or credit problem: frontends offer it as the button. */
export type ErrorAction = "reconnect" | "add_credit" | "raise_limit" | "choose_model" | "connect";

export type Issue = { path: string; message: string };

/** What a rate limit leaves: so many of `limit` calls until it starts anew. */
export type Allowance = { limit: number; remaining: number; resetSeconds: number };

type AppErrorOptions = ErrorOptions & {
  action?: ErrorAction;
  issues?: Issue[];
  retryAfterSeconds?: number;
  /** Of a refusal by one of our own limits. */
  allowance?: Allowance;
  /** In place of the status that the code has by itself. */
  status?: number;
  /** More that a program may want to know, beside the fields that every problem has. Nothing secret. */
  members?: Record<string, unknown>;
};

/** A refusal the caller can act on. `message` is safe to show; secrets and payloads never enter it. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly action: ErrorAction | undefined;
  readonly issues: Issue[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly allowance: Allowance | undefined;
  readonly status: number | undefined;
  readonly members: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = "AppError"; // class names are minified in the server bundle
    this.code = code;
    this.action = options.action ?? defaultAction[code];
    this.issues = options.issues;
    this.retryAfterSeconds = options.retryAfterSeconds ?? options.allowance?.resetSeconds;
    this.allowance = options.allowance;
    this.status = options.status;
    this.members = options.members;
  }
}

const defaultAction: Partial<Record<ErrorCode, ErrorAction>> = {
  no_key: "connect",
  key_invalid: "reconnect",
  key_expired: "reconnect",
  key_limit_reached: "raise_limit",
  out_of_credit: "add_credit",
  budget_reached: "raise_limit",
  model_not_allowed: "choose_model",
  model_not_found: "choose_model",
};

/** Holds across bundles, where `instanceof` may not. */
export const isAppError = (error: unknown): error is AppError => error instanceof Error && error.name === "AppError";
