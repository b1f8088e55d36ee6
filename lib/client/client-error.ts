import type { ErrorAction, ErrorCode, Issue } from "@/lib/errors";
import type { Failure, KeyCheck } from "./types";

/** A refused request. `message` is a sentence for the person; match on `code`. */
export class ClientError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly action: ErrorAction | undefined;
  readonly issues: Issue[];
  /** Of a key that was not stored: what its provider said. */
  readonly check: KeyCheck | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    failure: Failure,
    { status = 0, retryAfterSeconds }: { status?: number; retryAfterSeconds?: number } = {},
  ) {
    super(failure.detail);
    this.name = "ClientError";
    this.code = failure.code;
    this.status = status;
    this.action = failure.action;
    this.issues = failure.issues ?? [];
    this.check = failure.check;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** What the form says beside the field of that name. */
  issue(path: string): string | undefined {
    return this.issues.find((issue) => issue.path === path)?.message;
  }
}

const OFFLINE =
  "The request did not reach us: the connection is down or the server is restarting. Nothing was charged. Try again.";
const UNREADABLE = "The server gave an answer that could not be read. Try again in a moment.";

/** Reads a problem+json answer. Whatever else a proxy on the way may have written becomes a plain sentence. */
export async function toClientError(response: Response): Promise<ClientError> {
  const retryAfter = Number(response.headers.get("retry-after"));
  const about = { status: response.status, retryAfterSeconds: retryAfter > 0 ? retryAfter : undefined };
  const failure = readFailure(await response.text().catch(() => ""));
  return new ClientError(failure ?? { code: "internal", detail: UNREADABLE }, about);
}

/** A problem from text: the body of an answer, or the text of an error event in a stream. */
export function readFailure(text: string): Failure | undefined {
  try {
    const body = JSON.parse(text) as Partial<Failure> | null;
    if (typeof body?.code !== "string" || typeof body.detail !== "string") return undefined;
    return { code: body.code, detail: body.detail, action: body.action, issues: body.issues, check: body.check };
  } catch {
    return undefined; // not JSON: the caller has a sentence for that
  }
}

/** Any thrown thing as a ClientError. A fetch that never got an answer throws a TypeError in all browsers. */
export function asClientError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  return new ClientError({ code: "internal", detail: error instanceof TypeError ? OFFLINE : UNREADABLE });
}
