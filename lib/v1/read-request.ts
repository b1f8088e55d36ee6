import { formatModelId, MODEL_ID, type ModelRef, parseModelId } from "@/lib/providers/model-id";
import { fault, findFields, type Place, readJson } from "./request-fields";

/** What is looked at of a request; the rest of its body is the provider's to judge. */
export type AskedFor = ModelRef & {
  /** Its provider named. */
  modelId: string;
  /** Models that OpenRouter may take instead, provider named. */
  fallbacks: string[];
  isStreamed: boolean;
  body: Buffer;
  places: Map<string, Place>;
};

const WANTED = new Set(["messages", "model", "models", "stream", "stream_options", "user"]);

/** @throws AppError `invalid_request` */
export function readRequest(body: Buffer): AskedFor {
  const places = findFields(body, WANTED);
  const value = (name: string) => {
    const place = places.get(name);
    return place === undefined ? undefined : readJson(body, place);
  };
  const model = value("model");
  if (typeof model !== "string" || !MODEL_ID.test(model.replace(/^@/, ""))) throw fault("model", "not a model id");
  const stream = value("stream") ?? false;
  if (typeof stream !== "boolean") throw fault("stream", "neither true nor false");
  const asked = parseModelId(model);
  return {
    ...asked,
    modelId: formatModelId(asked),
    fallbacks: fallbacksOf(value("models")),
    isStreamed: stream,
    body,
    places,
  };
}

function fallbacksOf(models: unknown): string[] {
  if (models === undefined || models === null) return [];
  if (!Array.isArray(models) || !models.every((one) => typeof one === "string"))
    throw fault("models", "not a list of ids");
  return models.map((one) => formatModelId({ provider: "openrouter", model: one }));
}

/**
 * The body for the provider: the caller's, byte for byte, but for the model without our prefix, and what is asked of
 * each provider: who the person is, under a name that says nothing (OpenRouter), and what the answer took (the others).
 */
export function bodyFor({ body, places, provider, model, isStreamed }: AskedFor, user: string): Buffer {
  const changes: [name: string, value: string][] = [["model", JSON.stringify(model)]];
  if (provider === "openrouter") changes.push(["user", JSON.stringify(user)]);
  else if (isStreamed && !places.has("stream_options")) changes.push(["stream_options", '{"include_usage":true}']);
  const edits = changes.map(([name, value]) => {
    const place = places.get(name);
    return place ? { ...place, text: value } : { ...afterBrace(body), text: `${JSON.stringify(name)}:${value},` };
  });
  const parts: Buffer[] = [];
  let at = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(body.subarray(at, start), Buffer.from(text));
    at = end;
  }
  return Buffer.concat([...parts, body.subarray(at)]);
}

/** A model is always named, so a comma is always right there. */
function afterBrace(body: Buffer): Place {
  const at = body.indexOf("{") + 1;
  return { start: at, end: at };
}
