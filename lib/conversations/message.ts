import { type MessagePart, messages } from "@/lib/db/schema";
import type { Receipt } from "./receipt";

export type MessageStatus = "complete" | "streaming" | "stopped" | "failed" | "interrupted";

/** A message as its owner sees it. */
export type ThreadMessage = {
  id: string;
  role: "user" | "assistant";
  parts: MessagePart[];
  status: MessageStatus;
  finishReason: string | null;
  errorCode: string | null;
  createdAt: string;
  metadata: { receipt?: Receipt };
};

/** The columns of a thread, named, so that nothing else rides out. */
export const threadColumns = {
  id: messages.id,
  role: messages.role,
  parts: messages.parts,
  status: messages.status,
  finishReason: messages.finishReason,
  errorCode: messages.errorCode,
  createdAt: messages.createdAt,
  model: messages.model,
  servedModel: messages.servedModel,
  upstreamProvider: messages.upstreamProvider,
  keySource: messages.keySource,
  keyProvider: messages.keyProvider,
  keyHint: messages.keyHint,
  keyLabel: messages.keyLabel,
  keyFallback: messages.keyFallback,
  generationId: messages.generationId,
  inputTokens: messages.inputTokens,
  outputTokens: messages.outputTokens,
  reasoningTokens: messages.reasoningTokens,
  cachedTokens: messages.cachedTokens,
  costUsd: messages.costUsd,
  costIsEstimate: messages.costIsEstimate,
  firstTokenMs: messages.firstTokenMs,
  totalMs: messages.totalMs,
} as const;

type ThreadRow = Pick<typeof messages.$inferSelect, keyof typeof threadColumns>;

export function toThreadMessage(row: ThreadRow): ThreadMessage {
  const { id, role, parts, status, finishReason, errorCode, createdAt, ...paid } = row;
  return {
    id,
    role,
    parts,
    status,
    finishReason,
    errorCode,
    createdAt: createdAt.toISOString(),
    metadata: { receipt: receiptOf(paid) },
  };
}

function receiptOf({
  model,
  keySource,
  keyProvider,
  ...rest
}: Omit<ThreadRow, "id" | "role" | "parts" | "status" | "finishReason" | "errorCode" | "createdAt">):
  | Receipt
  | undefined {
  if (model === null || keySource === null || keyProvider === null) return undefined; // nobody was asked to pay
  return { model, keySource, keyProvider, ...rest };
}
