import type { Readable } from "node:stream";
import { AppError } from "@/lib/errors";

/** Some pictures in base64. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Reads an answer that is no stream to its end: OpenRouter may begin one with status 200 and still say that it failed.
 *
 * @returns its bytes as they came, and what they say when it is a JSON object
 */
export async function readWhole(
  body: Readable,
): Promise<{ bytes: Buffer; answer: Record<string, unknown> | undefined }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new AppError("provider_unavailable", "The answer is too large to be handed on.");
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  return { bytes, answer: objectIn(bytes) };
}

function objectIn(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
