import { randomUUID } from "node:crypto";
import { textOf } from "../answer.ts";
import { type Call, isObject, type Json, sendJson } from "../call.ts";
import type { Scenario } from "../scenarios.ts";
import { answerQuestion } from "./answer-question.ts";
import type { Answer, Dialect } from "./dialect.ts";
import { dataEvent } from "./events.ts";
import type { StoredProviderKey } from "./provider-keys.ts";
import { type ProviderModel, providerModels } from "./provider-models.ts";
import type { Question, Reply, Script } from "./reply.ts";

const SERVICE = "generativelanguage.googleapis.com";

function error(status: number, name: string, message: string, reason?: string, headers?: Answer["headers"]): Answer {
  const details = reason && [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason,
      domain: "googleapis.com",
      metadata: { service: SERVICE },
    },
  ];
  return { status, body: { error: { code: status, message, status: name, ...(details && { details }) } }, headers };
}

const STATUS_NAMES: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

const failure = (status: number): Answer =>
  error(
    status,
    STATUS_NAMES[status] ?? "UNKNOWN",
    status === 429 ? "Resource has been exhausted (e.g. check quota)." : "The request could not be served.",
    undefined,
    status === 429 || status === 503 ? { "Retry-After": "2" } : undefined,
  );

const typeUnsupported = error(
  401,
  "UNAUTHENTICATED",
  "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
  "ACCESS_TOKEN_TYPE_UNSUPPORTED",
);

const GENERATE = /^\/models\/(?<model>[^/]+):(?<verb>generateContent|streamGenerateContent)$/;

/** The model that a path names, for scenarios too. */
export const googleModelIn = (path: string) => {
  const id = GENERATE.exec(path)?.groups?.model;
  return id === undefined ? undefined : decodeURIComponent(id);
};

function readQuestion(body: Json | undefined, streamed: boolean): Omit<Question, "model"> | undefined {
  const { contents, systemInstruction, generationConfig } = body ?? {};
  if (!Array.isArray(contents) || contents.length === 0 || !contents.every(isObject)) return undefined;
  const config = isObject(generationConfig) ? generationConfig : {};
  const thinking = isObject(config.thinkingConfig) ? config.thinkingConfig : {};
  const instructions = isObject(systemInstruction) ? textOf(systemInstruction.parts) : "";
  return {
    turns: [
      ...(instructions ? [{ role: "system", text: instructions }] : []),
      ...contents.map(({ role, parts }) => ({ role: role === "model" ? "assistant" : "user", text: textOf(parts) })),
    ],
    maxTokens: typeof config.maxOutputTokens === "number" ? config.maxOutputTokens : undefined,
    streamed,
    thinks: thinking.thinkingBudget !== 0,
    showsThoughts: thinking.includeThoughts === true,
  };
}

const FINISH_REASONS: Record<string, string> = { stop: "STOP", length: "MAX_TOKENS", content_filter: "SAFETY" };

/** `alt=sse`: whole little answers, each with the usage so far; thoughts are parts marked as such. */
function contentScript({ model, pieces, thoughts, finish, usage }: Reply, { usage: form }: Scenario): Script {
  const rest = { modelVersion: model.id, responseId: randomUUID() };
  const counted = (answer: number) => ({
    promptTokenCount: usage.input,
    candidatesTokenCount: answer,
    ...(usage.thought > 0 && { thoughtsTokenCount: usage.thought }),
    totalTokenCount: usage.input + answer + usage.thought,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: usage.input }],
  });
  const answered = usage.output - usage.thought;
  const body = (parts: Json[], answer: number, finishReason?: string) => ({
    candidates: [{ content: { parts, role: "model" }, ...(finishReason && { finishReason }), index: 0 }],
    ...(form !== "none" && { usageMetadata: counted(answer) }),
    ...rest,
  });
  const reason = FINISH_REASONS[finish] ?? finish.toUpperCase();
  const shown = thoughts.length > 0 ? [{ text: thoughts.join(""), thought: true }] : [];
  let sent = 0;
  return {
    headers: {},
    opening: "",
    thought: (text) => dataEvent(body([{ text, thought: true }], 0)),
    turn: "",
    word: (text) => dataEvent(body([{ text }], ++sent)),
    closing: dataEvent(body([{ text: "" }], answered, reason)),
    error: ({ code, message }) => {
      const status = Number(code) || 500;
      return dataEvent({ error: { code: status, message, status: STATUS_NAMES[status] ?? "INTERNAL" } });
    },
    malformed: 'data: {"candidates":[{"content":{"parts":[{"text":"bro\n\n',
    whole: body([...shown, { text: pieces.join("") }], answered, reason),
  };
}

const listed = ({ id, name, model }: ProviderModel) => ({
  name: `models/${id}`,
  version: "001",
  displayName: name,
  description: model.description,
  inputTokenLimit: model.contextLength,
  outputTokenLimit: model.maxCompletionTokens,
  supportedGenerationMethods: ["generateContent", "countTokens"],
  temperature: 1,
  ...(model.reasoning && { thinking: true }),
});

/** Also in Google's list, and not for chatting: who offers the list as it comes offers it. */
const EMBEDDING = {
  name: "models/gemini-embedding-001",
  version: "001",
  displayName: "Gemini Embedding 001",
  inputTokenLimit: 2048,
  outputTokenLimit: 1,
  supportedGenerationMethods: ["embedContent"],
};

/** Pages of `pageSize`, 50 by default, as the real list. */
function listModels({ url, response }: Call) {
  const all = [...providerModels("google").map(listed), EMBEDDING];
  const size = Math.min(1000, Math.max(1, Number(url.searchParams.get("pageSize") ?? 50) || 50));
  const from = Number(url.searchParams.get("pageToken") ?? 0) || 0;
  const next = from + size;
  sendJson(response, 200, {
    models: all.slice(from, next),
    ...(next < all.length && { nextPageToken: String(next) }),
  });
}

function generate(call: Call, key: StoredProviderKey, scenario: Scenario) {
  const path = call.url.pathname.slice(google.base.length);
  return answerQuestion(call, key, scenario, {
    provider: "google",
    dialect: google,
    question: readQuestion(call.json, path.endsWith(":streamGenerateContent")),
    modelId: googleModelIn(path),
    wire: contentScript,
  });
}

export const google: Dialect = {
  title: "Google AI",
  base: "/google/v1beta",
  keyHeader: { name: "x-goog-api-key", scheme: "" },
  foreignKinds: [],
  // A key in the address is what ends up in logs; new keys are refused there (openrouter-wire.md, section 7).
  check: ({ url }) => (url.searchParams.has("key") ? typeUnsupported : undefined),
  troubles: {
    "missing-key": () =>
      error(
        403,
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
      ),
    "unknown-key": () =>
      error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID"),
    "listing-denied": () =>
      error(403, "PERMISSION_DENIED", "Requests to this API method are blocked.", "API_KEY_SERVICE_BLOCKED"),
    "answering-denied": () =>
      error(403, "PERMISSION_DENIED", "Requests to this API method are blocked.", "API_KEY_SERVICE_BLOCKED"),
    "no-credit": () =>
      error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."),
    blocked: () => error(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
    "unknown-model": ({ model }) =>
      error(
        404,
        "NOT_FOUND",
        `models/${model} is not found for API version v1beta, or is not supported for generateContent.`,
      ),
    "bad-request": () => error(400, "INVALID_ARGUMENT", "* GenerateContentRequest.contents: contents is not specified"),
    "unknown-path": () => error(404, "NOT_FOUND", "The requested URL was not found on this server."),
    "wrong-method": () => error(405, "INVALID_ARGUMENT", "Method Not Allowed"),
  },
  named: {
    "key-type-unsupported": typeUnsupported,
    "api-disabled": error(
      403,
      "PERMISSION_DENIED",
      "Generative Language API has not been used in this project before or it is disabled.",
      "SERVICE_DISABLED",
    ),
    leaked: error(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
    "location-unsupported": error(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
  },
  failure,
  routes: [
    { method: "GET", path: "/models", handle: listModels },
    { method: "POST", path: GENERATE, answers: true, handle: generate },
  ],
};
