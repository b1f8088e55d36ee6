import type { ErrorCode } from "@/lib/errors";
import { problems } from "@/lib/http/problem";
import type { Operation } from "./operation";

/** Every code that an operation can be refused with: what it says itself, and what follows from what it asks for. */
export function refusalsOf(operation: Operation): ErrorCode[] {
  const { method, access, params, query, body, errors = [], limit } = operation;
  const takesJson = body !== undefined && (body.type ?? "application/json") === "application/json";
  const codes: (ErrorCode | false)[] = [
    ...(access === "everyone" ? [] : (["unauthenticated", "forbidden"] as const)),
    method !== "get" && "cross_site_request",
    (query !== undefined || takesJson) && "invalid_request",
    ...(body === undefined ? [] : (["payload_too_large", "unsupported_media_type"] as const)),
    params !== undefined && "not_found",
    limit !== undefined && "rate_limited",
    ...errors,
    "internal",
  ];
  return [...new Set(codes.filter((code) => code !== false))];
}

/** The same by status, lowest first. */
export function refusalsByStatus(operation: Operation): [status: number, codes: ErrorCode[]][] {
  const groups = new Map<number, ErrorCode[]>();
  for (const code of refusalsOf(operation)) {
    const status = operation.statusOf?.[code] ?? problems[code].status;
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  // Every operation is refused for a moment while the database is away.
  if (operation.answers[503] === undefined) groups.set(503, [...(groups.get(503) ?? []), "internal"]);
  return [...groups].sort(([a], [b]) => a - b);
}
