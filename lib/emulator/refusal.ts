interface RefusalExtra {
  metadata?: Record<string, unknown>;
  headers?: Record<string, string>;
  userId?: string;
}

/** An answer that is an error in OpenRouter's envelope: `{"error":{"code","message","metadata"?},"user_id"?}`. */
export class Refusal extends Error {
  readonly status: number;
  readonly extra: RefusalExtra;

  constructor(status: number, message: string, extra: RefusalExtra = {}) {
    super(message);
    this.status = status;
    this.extra = extra;
  }
}

export function envelope(status: number, message: string, { metadata, userId }: RefusalExtra = {}) {
  return {
    error: { message, code: status, ...(metadata && { metadata }) },
    ...(userId && { user_id: userId }),
  };
}

export const missingAuthentication = () => new Refusal(401, "Missing Authentication header");
export const unknownKey = () => new Refusal(401, "User not found.");
