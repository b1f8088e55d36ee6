import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Call, parseJson, readBody, sendJson, sendRefusal, wasAborted } from "./call.ts";
import { completeChat } from "./chat.ts";
import { movableClock } from "./clock.ts";
import { authorize } from "./consent.ts";
import {
  addScenario,
  changeChosenKeys,
  changeProviderKey,
  control,
  createKey,
  createProviderKey,
  type KeyChange,
} from "./control.ts";
import { embed } from "./embeddings.ts";
import { exchangeCode } from "./exchange.ts";
import { readGeneration } from "./generation.ts";
import { sendProblemPage } from "./html.ts";
import { readCredits, readKeyInfo } from "./key-info.ts";
import { creditsPage, keyListPage, keyPage } from "./key-pages.ts";
import { keyShelf } from "./key-shelf.ts";
import type { KeyOptions } from "./keys.ts";
import { countModels, listModels, listUserModels } from "./models.ts";
import { answerAs, pause, replacesAnswer } from "./override.ts";
import type { ProviderKeyOptions, ProviderKeyPatch } from "./providers/provider-keys.ts";
import { modelAsked, providerOf, serveProvider } from "./providers/serve-provider.ts";
import { Refusal } from "./refusal.ts";
import type { ScenarioRule } from "./scenario-book.ts";
import type { Scenario } from "./scenarios.ts";
import { changeSettings, defaultSettings, type Settings } from "./settings.ts";
import { type AnyStoredKey, State } from "./state.ts";

export interface EmulatorOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  host?: string;
  /** Unix milliseconds; `POST /__control/clock` moves it forward. */
  clock?: () => number;
  settings?: Partial<Settings>;
  /** Keys of an earlier run. */
  keys?: AnyStoredKey[];
}

type Handler = (call: Call, scenario: Scenario | undefined) => void;

const API = "/api/v1";
const KEEP_ALIVE_MS = 120_000; // longer than any client keeps its end, so that no reused connection is found closed

const api: Record<string, Record<string, Handler>> = {
  "/auth/keys": { POST: exchangeCode },
  "/key": { GET: readKeyInfo },
  "/auth/key": { GET: readKeyInfo },
  "/credits": { GET: readCredits },
  "/models": { GET: listModels },
  "/models/count": { GET: countModels },
  "/models/user": { GET: listUserModels },
  "/generation": { GET: readGeneration },
  "/chat/completions": { POST: completeChat },
  "/embeddings": { POST: embed },
};

/** Starts the stand-in for OpenRouter (contract.md, section 8) and the other providers. The returned methods do what `/__control` does. */
export async function startEmulator(options: EmulatorOptions = {}) {
  const { port = 0, host = "127.0.0.1", clock, settings: given, keys = [] } = options;
  const settings = { ...defaultSettings };
  changeSettings(settings, given ?? {});
  const state = new State({ clock: movableClock(clock), settings, keys });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    serve(state, request, response).catch((error: unknown) => fail(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
  return {
    url,
    port: address.port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    createKey: (key?: KeyOptions) => createKey(state, key),
    /** Chooses by `all`, `hash` or `label` and changes the rest. */
    changeKeys: (change: KeyChange) => changeChosenKeys(state, { ...change }),
    createProviderKey: (key: ProviderKeyOptions) => createProviderKey(state, key),
    changeProviderKey: (hash: string, patch: ProviderKeyPatch) => changeProviderKey(state, hash, patch),
    storedKeys: (): AnyStoredKey[] => [...state.keys.all(), ...state.providerKeys.all()],
    addScenario: (rule: ScenarioRule) => addScenario(state, rule),
    clearScenarios: () => state.scenarios.remove(),
    requests: () => state.requests.list(),
    clearRequests: () => state.requests.clear(),
    streams: () => ({ ...state.streams }),
    set: (patch: Partial<Settings>) => changeSettings(settings, patch),
    advance: (seconds: number) => state.clock.advance(seconds),
    /** Presses Allow or Deny for an authorize URL. @returns the address the browser would be sent to. */
    decide: (authorizeUrl: string, decision: "allow" | "deny") => decide(url, authorizeUrl, decision),
  };
}

export type Emulator = Awaited<ReturnType<typeof startEmulator>>;

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`);
  const record = state.requests.begin(request, url.pathname + url.search, state.clock.now());
  const steering = url.pathname === "/__control" || url.pathname.startsWith("/__control/");
  const recorded = !steering && state.settings.recordRequests;
  response.on("close", () => {
    record.aborted = wasAborted(response);
    record.status = response.headersSent ? response.statusCode : null;
    record.endedAt = new Date(state.clock.now()).toISOString();
  });
  const body = await readBody(request);
  if (recorded) state.requests.keep(record, request, body);
  const call: Call = { state, request, response, url, record, body, json: parseJson(request, body) };
  if (steering) return control(call);

  const scenario = state.scenarios.take({
    path: url.pathname,
    model: modelAsked(url.pathname, call.json),
    keyHash: record.keyHash,
    header: request.headers["x-emulator-scenario"]?.toString(),
    now: state.clock.now(),
  });
  if (scenario?.delayMs && !(await pause(call, scenario.delayMs))) return;
  if (scenario && replacesAnswer(scenario)) return answerAs(call, scenario);
  if (url.pathname.startsWith(`${API}/`)) return route(call, scenario);
  const provider = providerOf(url.pathname);
  if (provider) return serveProvider(call, provider, scenario);
  page(call);
}

function route(call: Call, scenario: Scenario | undefined) {
  const path = call.url.pathname.slice(API.length);
  const methods = Object.hasOwn(api, path) ? api[path] : undefined;
  if (!methods) throw new Refusal(404, "Not Found");
  const handler = methods[call.request.method ?? ""];
  if (!handler) throw new Refusal(405, "Method Not Allowed", { headers: { Allow: Object.keys(methods).join(", ") } });
  handler(call, scenario);
}

function page(call: Call) {
  const { pathname } = call.url;
  if (pathname === "/auth" && ["GET", "POST"].includes(call.request.method ?? "")) return authorize(call);
  if (pathname === "/settings/keys" || pathname === "/") return keyListPage(call);
  if (pathname === "/settings/credits" || pathname === "/credits") return creditsPage(call);
  if (pathname === "/keys") return keyShelf(call);
  if (pathname.startsWith("/keys/")) return keyPage(call);
  sendProblemPage(call.response, 404, "Not found", "The stand-in has no such page.");
}

function fail(response: ServerResponse, error: unknown) {
  if (response.destroyed) return;
  if (error instanceof Refusal) return sendRefusal(response, error);
  sendJson(response, 500, { error: { message: "Internal Server Error", code: 500 } });
}

async function decide(origin: string, authorizeUrl: string, decision: "allow" | "deny"): Promise<string> {
  const form = new URL(authorizeUrl).searchParams;
  form.set("decision", decision);
  const response = await fetch(`${origin}/auth`, { method: "POST", body: form, redirect: "manual" });
  const location = response.headers.get("location");
  if (!location) throw new Error(`The consent page answered ${response.status} without a redirect.`);
  return location;
}
