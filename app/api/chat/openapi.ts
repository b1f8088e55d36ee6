import { id } from "@/lib/openapi/fields";
import type { Answer, Group } from "@/lib/openapi/operation";
import { payerHeaders, payment } from "./payment";
import { ChatRequest, MAX_CHAT_BYTES, TemporaryRequest } from "./schema";

const params = { id };
const stream: Answer = {
  description:
    "Server-sent events: the UI message stream of the AI SDK. After the first of them a failure comes as an event `error`, whose `errorText` is a Problem as JSON.",
  type: "text/event-stream",
  example:
    'data: {"type":"start","messageId":"…"}\n\ndata: {"type":"text-delta","id":"0","delta":"One key"}\n\ndata: {"type":"finish","finishReason":"stop"}\n\ndata: [DONE]\n\n',
};

export const chat: Group = {
  name: "Chat",
  description:
    "An answer runs to its end whoever reads it, is stored while it grows, and can be picked up again from anywhere.",
  operations: [
    {
      id: "sendMessage",
      method: "post",
      path: "/api/chat",
      summary: "Ask a question",
      description:
        "`id` names the conversation; a new UUID makes one. The caller's own key of the model's provider pays, or, for OpenRouter's models and where the site offers one, the shared key. A refusal that is known beforehand is an error answer, not a stream, and nothing was charged.",
      access: "chat",
      body: {
        schema: ChatRequest,
        example: {
          id: "7a4f0c8e-2b1d-4e59-8c3a-51d0a9e6f201",
          message: { id: "q-1", role: "user", parts: [{ type: "text", text: "What opens this door?" }] },
          model: "openrouter:openai/gpt-5",
        },
      },
      maxBytes: MAX_CHAT_BYTES,
      answers: {
        200: { ...stream, headers: { "x-conversation-id": "The conversation.", ...payerHeaders } },
      },
      errors: ["not_found", "conflict", ...payment],
      limit: "chat",
    },
    {
      id: "sendTemporaryMessage",
      method: "post",
      path: "/api/chat/temporary",
      summary: "Ask a question that is never stored",
      description: "What was said before comes along as `history`. The answer stops when its reader goes.",
      access: "chat",
      body: {
        schema: TemporaryRequest,
        example: { message: "What opens this door?", history: [], model: "openrouter:openai/gpt-5" },
      },
      maxBytes: MAX_CHAT_BYTES,
      answers: { 200: { ...stream, headers: payerHeaders } },
      errors: payment,
      limit: "chat",
    },
    {
      id: "attachToAnswer",
      method: "get",
      path: "/api/chat/{id}/stream",
      summary: "Pick a running answer up",
      description: "From its beginning, then live.",
      access: ["chat", "read"],
      params,
      answers: { 200: stream, 204: { description: "None is running." } },
      limit: "attach",
    },
    {
      id: "stopAnswer",
      method: "post",
      path: "/api/chat/{id}/stop",
      summary: "Stop the running answer",
      description: "The provider is cut off, and what was written is kept.",
      access: "chat",
      params,
      answers: { 204: { description: "None is running any more." } },
    },
  ],
};
