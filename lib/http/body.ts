import type { z } from "zod";
import { AppError } from "@/lib/errors";

const KIB = 1024;
export const DEFAULT_BODY_BYTES = 64 * KIB;

/**
 * Reads a JSON body with a counting limit of our own: Next cuts bodies at 10 MiB behind a proxy.ts and still answers
 * 200 (security.md, finding 4), and Content-Length may lie.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large`, or `invalid_request` with the faults by path.
 */
export async function readJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  { maxBytes = DEFAULT_BODY_BYTES }: { maxBytes?: number } = {},
): Promise<z.output<Schema>> {
  if (mediaTypeOf(request.headers.get("content-type")) !== "application/json") {
    throw new AppError("unsupported_media_type", "Send the body as application/json.");
  }
  const text = await readText(request, maxBytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError("invalid_request", "The body is not valid JSON.", {
      issues: [{ path: "", message: "not JSON" }],
    });
  }
  return parseInput(schema, value);
}

/**
 * Reads a posted form, for next-auth's routes only: ours take JSON.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large`
 */
export async function readForm(
  request: Request,
  { maxBytes = DEFAULT_BODY_BYTES } = {},
): Promise<Record<string, string>> {
  if (mediaTypeOf(request.headers.get("content-type")) !== "application/x-www-form-urlencoded") {
    throw new AppError("unsupported_media_type", "Send the body as application/x-www-form-urlencoded.");
  }
  return Object.fromEntries(new URLSearchParams(await readText(request, maxBytes)));
}

/**
 * Reads a body as it is. It must be of one of two types that no form of another site can send.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large`
 */
export async function readBytes(
  request: Request,
  { maxBytes, type = "application/octet-stream" }: { maxBytes: number; type?: BytesType },
): Promise<Buffer> {
  requireType(mediaTypeOf(request.headers.get("content-type")), type);
  const chunks: Uint8Array[] = [];
  for await (const chunk of boundedBody(request, maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

type BytesType = "application/octet-stream" | "application/json";

const mediaTypeOf = (contentType: string | null) => contentType?.split(";")[0]?.trim().toLowerCase();

function requireType(given: string | undefined, wanted: BytesType): void {
  if (given !== wanted) throw new AppError("unsupported_media_type", `Send the body as ${wanted}.`);
}

/**
 * The same outside of Next, from node:http.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large`
 */
export async function readIncoming(
  incoming: AsyncIterable<Uint8Array> & { headers: { "content-type"?: string; "content-length"?: string } },
  { maxBytes, type }: { maxBytes: number; type: BytesType },
): Promise<Buffer> {
  const { headers } = incoming;
  requireType(mediaTypeOf(headers["content-type"] ?? null), type);
  const chunks: Uint8Array[] = [];
  for await (const chunk of bounded(incoming, headers["content-length"], maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @throws AppError `invalid_request` that names each fault by path and never quotes a value. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new AppError("invalid_request", "The request has fields that are missing, unknown or of the wrong form.", {
    issues: result.error.issues
      .slice(0, 20)
      .map((issue) => ({ path: issue.path.join("."), message: issueMessage(issue) })),
  });
}

/** zod's texts name types and limits only; of unknown keys it would quote the names, which a caller chose. */
function issueMessage(issue: z.core.$ZodIssue): string {
  return issue.code === "unrecognized_keys" ? "unknown field" : issue.message;
}

function boundedBody(request: Request, maxBytes: number): AsyncGenerator<Uint8Array> {
  const body = (request.body ?? []) as unknown as AsyncIterable<Uint8Array>;
  return bounded(body, request.headers.get("content-length"), maxBytes);
}

async function* bounded(
  body: AsyncIterable<Uint8Array>,
  contentLength: string | null | undefined,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const tooLarge = () =>
    new AppError("payload_too_large", `The body may have at most ${Math.floor(maxBytes / KIB)} KiB.`);
  if (Number(contentLength ?? 0) > maxBytes) throw tooLarge();
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge();
    yield chunk;
  }
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  try {
    for await (const chunk of boundedBody(request, maxBytes)) {
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new AppError("invalid_request", "The body is not valid UTF-8.");
    throw error;
  }
}
