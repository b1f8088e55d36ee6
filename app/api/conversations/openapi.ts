import { PORTABLE_FORMAT, PORTABLE_VERSION } from "@/lib/conversations/portable";
import { id } from "@/lib/openapi/fields";
import type { Group } from "@/lib/openapi/operation";
import { NamedMessage, PageQuery } from "./[id]/schema";
import { Conversation, ConversationList, ConversationWithMessages, PortableConversation } from "./answers";
import { ConversationChange, ExportQuery, ListQuery, NewConversation } from "./schema";

const ID = "7a4f0c8e-2b1d-4e59-8c3a-51d0a9e6f201";
const QUESTION = "c2d9b6a0-93f4-4b7a-a1f5-0be4c9d35e02";
const conversation = {
  id: ID,
  title: "Locks and keys",
  model: "openrouter:openai/gpt-5",
  system: null,
  privacy: "any",
  reasoningEffort: null,
  webSearch: false,
  pinned: false,
  archived: false,
  createdAt: "2026-11-20T09:30:00.000Z",
  updatedAt: "2026-11-20T09:31:00.000Z",
};
const question = {
  id: QUESTION,
  role: "user",
  parts: [{ type: "text", text: "What opens this door?" }],
  status: "complete",
  finishReason: null,
  errorCode: null,
  createdAt: "2026-11-20T09:30:00.000Z",
  clientId: "q-1",
  parentId: null,
  metadata: {},
};
const params = { id };

export const conversations: Group = {
  name: "Conversations",
  description:
    "Messages are a tree: what is shown and sent is the path from its leaf upwards by `parentId`. Edits and other answers stand beside what they replace.",
  operations: [
    {
      id: "listConversations",
      method: "get",
      path: "/api/conversations",
      summary: "List or search conversations",
      description:
        "Pinned ones first, then by when they were last written in. With `q`: those in whose title or messages every word occurs, with the places; archived ones too.",
      access: "read",
      query: ListQuery,
      answers: {
        200: {
          description: "A page.",
          schema: ConversationList,
          example: { items: [conversation], nextCursor: null },
        },
      },
    },
    {
      id: "createConversation",
      method: "post",
      path: "/api/conversations",
      summary: "Begin a conversation",
      description: "Not needed before a first question: `POST /api/chat` with a new id makes one.",
      access: "chat",
      body: { schema: NewConversation, example: { title: "Locks and keys" } },
      answers: { 201: { description: "It is empty.", schema: Conversation, example: conversation } },
    },
    {
      id: "readConversation",
      method: "get",
      path: "/api/conversations/{id}",
      summary: "Read a conversation",
      description: "With the newest messages of its path; `before` asks for those above a message.",
      access: "read",
      params,
      query: PageQuery,
      answers: {
        200: {
          description: "The conversation and a page of its messages.",
          schema: ConversationWithMessages,
          example: { ...conversation, messages: [question], hasEarlier: false },
        },
      },
    },
    {
      id: "changeConversation",
      method: "patch",
      path: "/api/conversations/{id}",
      summary: "Rename, pin, archive, set up",
      access: "chat",
      params,
      body: { schema: ConversationChange, example: { pinned: true } },
      answers: {
        200: { description: "As it is now.", schema: Conversation, example: { ...conversation, pinned: true } },
      },
    },
    {
      id: "deleteConversation",
      method: "delete",
      path: "/api/conversations/{id}",
      summary: "Delete a conversation",
      description: "A running answer is stopped first.",
      access: "chat",
      params,
      answers: { 204: { description: "It is gone." } },
    },
    {
      id: "selectVersion",
      method: "post",
      path: "/api/conversations/{id}/select",
      summary: "Show another version",
      access: "chat",
      params,
      body: { schema: NamedMessage, example: { messageId: QUESTION } },
      answers: {
        200: {
          description: "The conversation along the path through that message.",
          schema: ConversationWithMessages,
          example: { ...conversation, messages: [question], hasEarlier: false },
        },
      },
      errors: ["conflict"],
    },
    {
      id: "forkConversation",
      method: "post",
      path: "/api/conversations/{id}/fork",
      summary: "Copy the path up to a message into a new conversation",
      description: "Who paid, tokens and cost stay with the originals.",
      access: "chat",
      params,
      body: { schema: NamedMessage, example: { messageId: QUESTION } },
      answers: {
        201: {
          description: "The new one.",
          schema: Conversation,
          example: { ...conversation, title: "Locks and keys (fork)" },
        },
      },
      errors: ["conflict"],
      limit: "fork",
    },
    {
      id: "deleteMessage",
      method: "delete",
      path: "/api/conversations/{id}/messages/{messageId}",
      summary: "Delete a message and what follows it",
      access: "chat",
      params: { id, messageId: id },
      answers: { 204: { description: "It is gone." } },
      errors: ["conflict"],
    },
    {
      id: "exportConversation",
      method: "get",
      path: "/api/conversations/{id}/export",
      summary: "Save a conversation as a file",
      access: "read",
      params,
      query: ExportQuery,
      answers: {
        200: {
          description:
            "All versions of all messages as JSON, or the path that is shown as `text/markdown` (`format=md`).",
          schema: PortableConversation,
          or: ["text/markdown"],
          example: {
            format: PORTABLE_FORMAT,
            version: PORTABLE_VERSION,
            id: ID,
            title: "Locks and keys",
            model: null,
            system: null,
            pinned: false,
            archived: false,
            createdAt: "2026-11-20T09:30:00.000Z",
            updatedAt: "2026-11-20T09:31:00.000Z",
            leafId: null,
            messages: [],
          },
          headers: { "content-disposition": "The name of the file." },
        },
      },
      limit: "export_conversation",
    },
  ],
};
