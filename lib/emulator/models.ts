import { type Call, requireKey, sendJson } from "./call.ts";
import { type CatalogueModel, catalogue, scenarioModel, wireModel } from "./catalogue.ts";
import { Refusal } from "./refusal.ts";
import { scenarioNames } from "./scenarios.ts";

const PAGE_LIMIT = 1000;
const DEFAULT_PAGE = 500;

/** `GET /models`: public. A key in the header is not even looked at, so it proves nothing about the key. */
export function listModels({ state, url, response }: Call): void {
  const all = state.settings.listScenarios ? [...catalogue, ...scenarioNames.map(scenarioModel)] : catalogue;
  const found = all.filter((model) => matches(model, url.searchParams));
  const { items, next } = pageOf(found, url);
  sendJson(response, 200, { data: items.map(wireModel), total_count: found.length, links: { next } });
}

export function countModels({ response }: Call): void {
  sendJson(response, 200, { data: { count: catalogue.length } });
}

/** `GET /models/user`: the same list, but for a key's owner. */
export function listUserModels(call: Call): void {
  requireKey(call);
  listModels(call);
}

function matches(model: CatalogueModel, query: URLSearchParams): boolean {
  const { architecture, supported_parameters } = wireModel(model);
  const list = (name: string) => query.get(name)?.split(",") ?? [];
  const words = query.get("q")?.toLowerCase();
  const output = list("output_modalities");
  const authors = list("model_authors");
  const perMillion = model.price.prompt * 1e6;
  return (
    (!words || `${model.id} ${model.name}`.toLowerCase().includes(words)) &&
    (output.length === 0 || output.includes("text") || output.includes("all")) &&
    (authors.length === 0 || authors.includes(model.id.split("/")[0] ?? "")) &&
    list("supported_parameters").every((name) => supported_parameters.includes(name)) &&
    list("input_modalities").every((name) => architecture.input_modalities.includes(name)) &&
    model.contextLength >= numberOf(query, "context", 0) &&
    perMillion >= numberOf(query, "min_price", 0) &&
    perMillion <= numberOf(query, "max_price", Infinity)
  );
}

function pageOf(models: CatalogueModel[], url: URL) {
  if (!url.searchParams.has("limit") && !url.searchParams.has("offset")) return { items: models, next: null };
  const offset = numberOf(url.searchParams, "offset", 0);
  const limit = numberOf(url.searchParams, "limit", DEFAULT_PAGE);
  if (limit < 1 || limit > PAGE_LIMIT || offset < 0) throw new Refusal(400, "Invalid request parameters");
  const end = offset + limit;
  const next = new URL(url);
  next.searchParams.set("offset", String(end));
  return { items: models.slice(offset, end), next: end < models.length ? next.href : null };
}

function numberOf(query: URLSearchParams, name: string, absent: number): number {
  const text = query.get(name);
  if (text === null) return absent;
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) throw new Refusal(400, "Invalid request parameters");
  return value;
}
