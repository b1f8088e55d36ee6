import { randomUUID } from "node:crypto";
import { type Call, type Json, sendJson } from "../call.ts";
import type { Scenario } from "../scenarios.ts";
import { answerQuestion } from "./answer-question.ts";
import { chatScript, readChatQuestion } from "./chat-completions.ts";
import type { Answer, Dialect } from "./dialect.ts";
import { providerModels } from "./provider-models.ts";
import { readResponsesQuestion, responsesScript } from "./responses.ts";

/** Also in OpenAI's list, and not for chatting: who offers the list as it comes offers these. */
const OTHER_MODELS = ["text-embedding-3-small", "whisper-1", "gpt-image-1", "omni-moderation-latest"];
const LAUNCH = 1_715_367_049;

function error(
  status: number,
  message: string,
  {
    type = "invalid_request_error",
    code = null,
    headers,
  }: { type?: string; code?: string | null; headers?: Answer["headers"] } = {},
): Answer {
  return { status, body: { error: { message, type, param: null, code } }, headers };
}

const missingScope = (scope: string) =>
  error(
    403,
    `You have insufficient permissions for this operation. Missing scopes: ${scope}. Check that you have the correct role in your organization and project, and if you're using a restricted API key, that it has the necessary scopes.`,
    { code: "missing_scope" },
  );

function failure(status: number): Answer {
  if (status === 401) return error(401, "Incorrect API key provided.", { code: "invalid_api_key" });
  if (status === 429) {
    return error(429, "Rate limit reached for requests. Please try again in 2s.", {
      type: "requests",
      code: "rate_limit_exceeded",
      headers: { "Retry-After": "2", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2s" },
    });
  }
  if (status === 503) {
    return error(503, "The engine is currently overloaded, please try again later", {
      type: "server_error",
      headers: { "Retry-After": "2" },
    });
  }
  if (status >= 500) {
    return error(status, "The server had an error while processing your request. Sorry about that!", {
      type: "server_error",
    });
  }
  return error(status, "This request was refused.");
}

const requestHeaders = () => ({
  "x-request-id": `req_${randomUUID().replaceAll("-", "")}`,
  "openai-version": "2020-10-01",
});

function listModels({ response }: Call) {
  const entry = (id: string, created: number) => ({ id, object: "model", created, owned_by: "system" });
  const data = [
    ...providerModels("openai").map(({ id, model }) => entry(id, model.created)),
    ...OTHER_MODELS.map((id) => entry(id, LAUNCH)),
  ];
  sendJson(response, 200, { object: "list", data }, requestHeaders());
}

const asksUsage = (body: Json | undefined) =>
  body?.stream !== true || (body.stream_options as Json | undefined)?.include_usage === true;

export const openai: Dialect = {
  title: "OpenAI",
  base: "/openai/v1",
  keyHeader: { name: "authorization", scheme: "Bearer " },
  foreignKinds: [],
  troubles: {
    "missing-key": () =>
      error(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
      ),
    "unknown-key": ({ keyEnds }) =>
      error(
        401,
        `Incorrect API key provided: ${keyEnds.first}********${keyEnds.last}. You can find your API key at https://platform.openai.com/account/api-keys.`,
        { code: "invalid_api_key" },
      ),
    "listing-denied": () => missingScope("api.model.read"),
    "answering-denied": () => missingScope("model.request"),
    "no-credit": () =>
      error(429, "You exceeded your current quota, please check your plan and billing details.", {
        type: "insufficient_quota",
        code: "insufficient_quota",
      }),
    blocked: () =>
      error(401, "The OpenAI account associated with this API key has been deactivated.", {
        code: "account_deactivated",
      }),
    "unknown-model": ({ model }) =>
      error(404, `The model \`${model}\` does not exist or you do not have access to it.`, { code: "model_not_found" }),
    "bad-request": () => error(400, "We could not parse the JSON body of your request."),
    "unknown-path": ({ method, path }) => error(404, `Invalid URL (${method} ${path})`),
    "wrong-method": ({ method }) => error(405, `Not allowed to ${method} this resource.`),
  },
  named: {
    "ip-not-authorized": error(401, "Your IP address is not authorized to access this API.", {
      code: "ip_not_authorized",
    }),
    "not-a-member": error(401, "You must be a member of an organization to use the API.", { code: "no_organization" }),
    "unsupported-country": error(403, "Country, region, or territory not supported", {
      type: "request_forbidden",
      code: "unsupported_country_region_territory",
    }),
    "missing-scope-401": { ...missingScope("api.model.read"), status: 401 },
    "context-length": error(400, "Your input exceeds the context window of this model.", {
      code: "context_length_exceeded",
    }),
  },
  failure,
  routes: [
    { method: "GET", path: "/models", handle: listModels },
    {
      method: "POST",
      path: "/chat/completions",
      answers: true,
      handle: (call, key, scenario) =>
        answerQuestion(call, key, scenario, {
          provider: "openai",
          dialect: openai,
          question: readChatQuestion(call.json),
          modelId: call.json?.model,
          wire: (reply) =>
            chatScript(reply, { withUsage: usageWanted(scenario) && asksUsage(call.json), headers: requestHeaders() }),
        }),
    },
    {
      method: "POST",
      path: "/responses",
      answers: true,
      handle: (call, key, scenario) =>
        answerQuestion(call, key, scenario, {
          provider: "openai",
          dialect: openai,
          question: readResponsesQuestion(call.json),
          modelId: call.json?.model,
          wire: (reply) => responsesScript(reply, { withUsage: usageWanted(scenario), headers: requestHeaders() }),
        }),
    },
  ],
};

const usageWanted = ({ usage }: Scenario) => usage !== "none";
