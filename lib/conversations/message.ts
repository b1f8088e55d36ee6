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
  /** The id under which its writer sent it, if it is a question. */
  clientId: string | null;
  /** The message above it; null for the first of all. */
  parentId: string | null;
  /** What stands in the same place, oldest first, itself included; only where there is more than one. */
  siblings?: { index: number; count: number; ids: string[] };
  /** `copied`: from another conversation, by a fork. Nobody paid for the copy, so it has no receipt. */
  metadata: { receipt?: Receipt; copied?: { model: string } };
};

/** The columns of a thread, named, so that nothing else rides out. */
export const threadColumns = {
  id: messages.id,
  clientId: messages.clientId,
  parentId: messages.parentId,
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

export function toThreadMessage(row: ThreadRow, places: string[] | null = null): ThreadMessage {
  const { id, role, parts, status, finishReason, errorCode, createdAt, clientId, parentId, ...paid } = row;
  const receipt = receiptOf(paid);
  const wasCopied = receipt === undefined && paid.model !== null;
  return {
    id,
    role,
    parts,
    status,
    finishReason,
    errorCode,
    createdAt: createdAt.toISOString(),
    clientId,
    parentId,
    ...(places && { siblings: { index: places.indexOf(id), count: places.length, ids: places } }),
    metadata: { receipt, ...(wasCopied && { copied: { model: paid.servedModel ?? paid.model ?? "" } }) },
  };
}

type Paid = Omit<
  ThreadRow,
  "id" | "clientId" | "parentId" | "role" | "parts" | "status" | "finishReason" | "errorCode" | "createdAt"
>;

function receiptOf({ model, keySource, keyProvider, ...rest }: Paid): Receipt | undefined {
  if (model === null || keySource === null || keyProvider === null) return undefined; // nobody was asked to pay
  return { model, keySource, keyProvider, ...rest };
}
