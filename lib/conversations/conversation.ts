import { conversations } from "@/lib/db/schema";

/** A conversation as its owner sees it, without its messages. */
export type Conversation = {
  id: string;
  title: string | null;
  model: string | null;
  system: string | null;
  privacy: "any" | "no_training" | "zero_retention";
  reasoningEffort: "low" | "medium" | "high" | null;
  webSearch: boolean;
  pinned: boolean;
  archived: boolean;
  createdAt: string;
  updatedAt: string;
};

export const conversationColumns = {
  id: conversations.id,
  title: conversations.title,
  model: conversations.model,
  system: conversations.system,
  privacy: conversations.privacy,
  reasoningEffort: conversations.reasoningEffort,
  webSearch: conversations.webSearch,
  pinned: conversations.pinned,
  archived: conversations.archived,
  createdAt: conversations.createdAt,
  updatedAt: conversations.updatedAt,
} as const;

type ConversationRow = Pick<typeof conversations.$inferSelect, keyof typeof conversationColumns>;

export const toConversation = ({ createdAt, updatedAt, ...row }: ConversationRow): Conversation => ({
  ...row,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});
