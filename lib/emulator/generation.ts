import { type Call, requireKey, sendJson } from "./call.ts";
import { Refusal } from "./refusal.ts";

/** What `GET /generation` can tell about one completion. */
export interface Generation {
  id: string;
  keyHash: string;
  model: string;
  provider: string;
  router: string | null;
  streamed: boolean;
  cancelled: boolean;
  finishReason: string | null;
  nativeFinishReason: string | null;
  promptTokens: number;
  completionTokens: number;
  reasoningTokens: number;
  cost: number;
  startedAt: number;
  endedAt: number;
  firstTokenMs: number;
  durationMs: number;
  externalUser: string | null;
  sessionId: string | null;
  referer: string | null;
  userAgent: string | null;
}

/** `GET /generation?id=`: also the only place that knows the cost of an aborted stream. */
export function readGeneration(call: Call): void {
  const { state, response, url } = call;
  const key = requireKey(call);
  const id = url.searchParams.get("id");
  if (!id) throw new Refusal(400, "Invalid request parameters");
  const generation = state.generations.get(id);
  const visibleAt = (generation?.endedAt ?? 0) + state.settings.generationDelayMs;
  if (generation?.keyHash !== key.hash || state.clock.now() < visibleAt) {
    throw new Refusal(404, `Generation ${id} not found`);
  }
  sendJson(response, 200, { data: wireGeneration(generation) });
}

function wireGeneration(generation: Generation) {
  const { id, model, router, streamed, cancelled, promptTokens, completionTokens, cost } = generation;
  return {
    id,
    upstream_id: id.replace(/^gen-/, "chatcmpl-"),
    request_id: null,
    session_id: generation.sessionId,
    model,
    router,
    provider_name: generation.provider,
    provider_responses: null,
    app_id: null,
    api_type: "completions",
    origin: generation.referer ?? "",
    http_referer: generation.referer,
    user_agent: generation.userAgent,
    external_user: generation.externalUser,
    created_at: new Date(generation.startedAt).toISOString(),
    streamed,
    cancelled,
    finish_reason: generation.finishReason,
    native_finish_reason: generation.nativeFinishReason,
    total_cost: cost,
    usage: cost,
    upstream_inference_cost: 0,
    cache_discount: null,
    is_byok: false,
    tokens_prompt: promptTokens,
    tokens_completion: completionTokens,
    native_tokens_prompt: promptTokens,
    native_tokens_completion: completionTokens,
    native_tokens_completion_images: 0,
    native_tokens_reasoning: generation.reasoningTokens,
    native_tokens_cached: 0,
    latency: generation.firstTokenMs,
    generation_time: generation.durationMs,
    moderation_latency: null,
    num_media_prompt: 0,
    num_input_audio_prompt: 0,
    num_media_completion: 0,
    num_search_results: 0,
    num_fetches: 0,
    web_search_engine: null,
    service_tier: null,
    preset_id: null,
    response_cache_source_id: null,
    data_region: "global",
    workspace_id: null,
  };
}
