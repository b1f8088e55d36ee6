import { type Call, sendJson } from "../call.ts";
import type { Scenario } from "../scenarios.ts";
import { answerQuestion } from "./answer-question.ts";
import { chatScript, readChatQuestion } from "./chat-completions.ts";
import type { Answer, Dialect } from "./dialect.ts";
import { providerKeyState, type StoredProviderKey } from "./provider-keys.ts";
import { providerModels } from "./provider-models.ts";
import { readResponsesQuestion, responsesScript } from "./responses.ts";

/** The one model that a restricted key may use. */
const RESTRICTED_TO = "grok-4-fast";
const TICKS_PER_USD = 1e10;

/** `error` is a string here, not an object (openrouter-wire.md, section 7). */
const error = (status: number, code: string, message: string, headers?: Answer["headers"]): Answer => ({
  status,
  body: { code, error: message },
  headers,
});

const STATUS_ROWS: Record<number, [string, string]> = {
  400: ["Client specified an invalid argument", "Invalid request content"],
  401: ["The request does not have valid authentication credentials", "No valid authorization was sent"],
  403: ["The caller does not have permission to execute the specified operation", "Access is denied"],
  404: ["Some requested entity was not found", "Not found"],
  429: ["Some resource has been exhausted", "Too many requests for this team and model"],
  500: ["Internal error", "Internal error"],
  503: ["The service is currently unavailable", "The service is at capacity"],
};

function failure(status: number): Answer {
  const [code, message] = STATUS_ROWS[status] ?? ["Internal error", "Internal error"];
  return error(status, code, message, status === 429 || status === 503 ? { "Retry-After": "2" } : undefined);
}

const denied = (message: string) => error(403, STATUS_ROWS[403]?.[0] ?? "", message);

/** Says of a blocked key, with status 200, that it is blocked: a 200 alone proves nothing. */
function readApiKey({ response, state }: Call, key: StoredProviderKey) {
  const is = providerKeyState(key);
  const at = new Date(key.createdAt).toISOString();
  const model = is === "restricted" ? RESTRICTED_TO : "*";
  const endpoint = is === "listing_only" ? "models" : "*";
  sendJson(response, 200, {
    redacted_api_key: `xai-...${key.hint}`,
    user_id: state.accountId,
    name: key.label,
    create_time: at,
    modify_time: at,
    modified_by: state.accountId,
    team_id: key.hash.slice(0, 32),
    acls: [`api-key:model:${model}`, `api-key:endpoint:${endpoint}`],
    api_key_id: key.hash.slice(32),
    api_key_blocked: is === "blocked",
    api_key_disabled: is === "disabled",
    team_blocked: is === "team_blocked",
  });
}

/** A restricted key is refused for other models only. */
function checkModel(key: StoredProviderKey, modelId: unknown): Answer | undefined {
  if (key.state !== "restricted" || modelId === RESTRICTED_TO) return undefined;
  return denied("The API key is not allowed to use this model.");
}

function headersOf(scenario: Scenario) {
  return { withUsage: scenario.usage !== "none", headers: {} };
}

export const xai: Dialect = {
  title: "xAI",
  base: "/xai/v1",
  keyHeader: { name: "authorization", scheme: "Bearer " },
  foreignKinds: [],
  troubles: {
    "missing-key": () => failure(401),
    "unknown-key": ({ keyEnds }) =>
      error(
        400,
        "Client specified an invalid argument",
        `Incorrect API key provided: ${keyEnds.first}***${keyEnds.last}. You can obtain an API key from https://console.x.ai.`,
      ),
    "listing-denied": () => denied("The API key is not allowed to call this endpoint."),
    "answering-denied": () => denied("The API key is not allowed to call this endpoint."),
    "no-credit": () =>
      denied("Your team doesn't have any credits yet. You can purchase those on https://console.x.ai."),
    blocked: () => denied("The API key or its team is blocked."),
    "unknown-model": ({ model }) =>
      error(
        404,
        "Some requested entity was not found",
        `The model ${model} does not exist or your team does not have access to it.`,
      ),
    "bad-request": () => failure(400),
    "unknown-path": () => failure(404),
    "wrong-method": () => error(405, "Method not allowed", "Method not allowed"),
  },
  named: {},
  failure,
  routes: [
    { method: "GET", path: "/api-key", handle: readApiKey },
    {
      method: "GET",
      path: "/models",
      handle: ({ response }, key) => {
        const seen = providerModels("xai").filter(({ id }) => checkModel(key, id) === undefined);
        const data = seen.map(({ id, model }) => ({ id, created: model.created, object: "model", owned_by: "xai" }));
        sendJson(response, 200, { object: "list", data });
      },
    },
    {
      method: "POST",
      path: "/chat/completions",
      answers: true,
      handle: (call, key, scenario) =>
        answerQuestion(call, key, scenario, {
          provider: "xai",
          dialect: xai,
          question: readChatQuestion(call.json),
          modelId: call.json?.model,
          refuse: checkModel(key, call.json?.model),
          wire: (reply) => chatScript(reply, headersOf(scenario)),
        }),
    },
    {
      method: "POST",
      path: "/responses",
      answers: true,
      handle: (call, key, scenario) => {
        const question = readResponsesQuestion(call.json);
        return answerQuestion(call, key, scenario, {
          provider: "xai",
          dialect: xai,
          // Its models show what they think without being asked to.
          question: question && { ...question, showsThoughts: true },
          modelId: call.json?.model,
          refuse: checkModel(key, call.json?.model),
          wire: (reply) =>
            responsesScript(reply, {
              ...headersOf(scenario),
              cost: { cost_in_usd_ticks: Math.round(reply.usage.usd * TICKS_PER_USD) },
            }),
        });
      },
    },
  ],
};
