// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { mutate, SWRConfig } from "swr";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ProviderRows } from "@/app/settings/keys/_parts/provider-rows";
import type { KeyNotice, ProviderConfig } from "@/lib/client/types";
import { keyOf, noticeOf } from "../../../../support/browser-keys";

const fetched = vi.fn<typeof fetch>();
type Answer = { status?: number; body?: unknown };
let routes: Record<string, Answer | (() => Promise<Response>)>;
const asked: string[] = [];

beforeAll(() => {
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
});
beforeEach(() => {
  routes = { "GET /api/models": { body: { items: [], defaultModel: null } } };
  asked.length = 0;
  fetched.mockImplementation(async (input, init) => {
    const name = `${init?.method ?? "GET"} ${String(input)}`;
    asked.push(name);
    const answer = routes[name] ?? { body: {} };
    if (typeof answer === "function") return answer();
    const { status = 200, body } = answer;
    return new Response(body === undefined ? null : JSON.stringify(body), { status });
  });
  vi.stubGlobal("fetch", fetched);
});
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 20)); // what was asked last comes to its end
  cleanup();
  await mutate(() => true, undefined, { revalidate: false }); // one cache for all, as in the app
  vi.unstubAllGlobals();
});

const LIST = "GET /api/provider-configs";
const have = (items: ProviderConfig[], notices: KeyNotice[] = []) => {
  routes[LIST] = { body: { items, notices } };
};
function show(onPaste = vi.fn()) {
  render(
    <SWRConfig value={{ shouldRetryOnError: false, dedupingInterval: 0 }}>
      <ProviderRows onPaste={onPaste} />
    </SWRConfig>,
  );
  return onPaste;
}
const row = async (name: string) => within(await screen.findByRole("region", { name }));

it("says that it loads, in the shape of what will come", async () => {
  let arrive: (response: Response) => void = () => undefined;
  routes[LIST] = () => new Promise((resolve) => (arrive = resolve));
  show();
  expect(screen.getByRole("status").textContent).toBe("Loading your keys");
  arrive(new Response(JSON.stringify({ items: [], notices: [] })));
  await row("OpenAI");
  expect(screen.queryByRole("status")).toBeNull();
});

it("has a row for every provider, each with the one next step while there is no key", async () => {
  have([]);
  const onPaste = show();
  for (const name of ["OpenAI", "Anthropic", "Google AI", "xAI"])
    expect((await row(name)).getByText("No key")).toBeDefined();
  fireEvent.click(screen.getByRole("button", { name: "Add a key: Google AI" }));
  expect(onPaste).toHaveBeenCalledExactlyOnceWith("google");
});

it("says what could not be loaded, that nothing is lost, and loads it on demand", async () => {
  routes[LIST] = { status: 500, body: { code: "internal", detail: "The server is busy." } };
  show();
  expect((await screen.findByRole("alert")).textContent).toMatch(/kept as they were\. The server is busy\./);
  expect(screen.getByRole("button", { name: "Try again" })).toBeDefined();
});

it("shows state, hint, uses and age, and what to do about an old key", async () => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  have([keyOf({ usageCount: 7, lastUsedAt: daysAgo(3), keySetAt: daysAgo(95), rotationDue: true })]);
  show();
  const openai = await row("OpenAI");
  expect(openai.getByText("Works")).toBeDefined();
  expect(openai.getByText("…a1b2", { exact: false })).toBeDefined();
  expect(openai.getByText(/Used 7 times, last 3 days ago · set 95 days ago/)).toBeDefined();
  expect(openai.getByText("Set 95 days ago: time to replace it.")).toBeDefined();
  expect(openai.getByRole("link", { name: /Revoke at OpenAI/ }).getAttribute("href")).toMatch(
    /^https:\/\/platform\.openai/,
  );
});

it("says once what is wrong with a refused key, with one main button", async () => {
  have([keyOf({ state: "invalid" })], [noticeOf({ kind: "invalid" })]);
  const onPaste = show();
  const openai = await row("OpenAI");
  expect(openai.getAllByText(/no longer accepts/)).toHaveLength(1);
  expect(openai.getAllByRole("button", { name: "Replace: OpenAI" })).toHaveLength(1);
  fireEvent.click(openai.getByRole("button", { name: "Replace: OpenAI" }));
  expect(onPaste).toHaveBeenCalledExactlyOnceWith("openai");
});

it("shows what is to be said beyond the state, with its own button", async () => {
  have([keyOf()], [noticeOf({ kind: "low_credit", sentence: "Little is left.", action: "raise_limit" })]);
  show();
  const openai = await row("OpenAI");
  expect(openai.getByText("Little is left.")).toBeDefined();
  expect(openai.getByRole("link", { name: "Raise the limit" })).toBeDefined();
});

describe("testing a stored key", () => {
  it("says what the provider answered, and loads the new state", async () => {
    have([keyOf()]);
    routes["POST /api/provider-configs/openai/check"] = {
      body: { config: keyOf(), check: { status: "valid", message: "OpenAI accepts this key." } },
    };
    show();
    fireEvent.click((await row("OpenAI")).getByRole("button", { name: "Test now: OpenAI" }));
    expect((await (await row("OpenAI")).findByRole("status")).textContent).toContain("OpenAI accepts this key.");
    await vi.waitFor(() => expect(asked.filter((name) => name === LIST).length).toBeGreaterThan(1));
  });

  it("says when it could not be asked", async () => {
    have([keyOf()]);
    routes["POST /api/provider-configs/openai/check"] = {
      status: 429,
      body: { code: "rate_limited", detail: "Wait a minute." },
    };
    show();
    fireEvent.click((await row("OpenAI")).getByRole("button", { name: "Test now: OpenAI" }));
    expect((await (await row("OpenAI")).findByRole("status")).textContent).toContain(
      "could not be tested. Wait a minute.",
    );
  });
});

describe("the end of a key", () => {
  it.each([
    ["Deactivate", "DELETE /api/provider-configs/openai?deactivate=true"],
    ["Delete", "DELETE /api/provider-configs/openai"],
  ])("%s asks once, in words, and does nothing before that", async (action, request) => {
    have([keyOf()]);
    routes[request] = { status: 204 };
    show();
    fireEvent.click((await row("OpenAI")).getByRole("button", { name: `${action}: OpenAI` }));
    const dialog = within(screen.getByRole("dialog", { name: `${action} the OpenAI key?` }));
    expect(dialog.getByText(/still accepts (it|the key) until you revoke it there/)).toBeDefined();
    expect(asked.filter((name) => name.startsWith("DELETE"))).toEqual([]);
    fireEvent.click(dialog.getByRole("button", { name: action }));
    await vi.waitFor(() => expect(asked).toContain(request));
  });

  it("leaves a deactivated key only what still makes sense", async () => {
    have([keyOf({ state: "inactive", isActive: false, keyHint: null })]);
    show();
    const openai = await row("OpenAI");
    const names = openai.getAllByRole("button").map((button) => button.getAttribute("aria-label"));
    expect(names).toEqual(["Paste a key: OpenAI", "Delete: OpenAI"]);
  });
});

describe("after a replacement", () => {
  it("puts the earlier key back on demand", async () => {
    have([keyOf({ undoUntil: new Date(Date.now() + 9.5 * 60_000).toISOString() })]);
    routes["POST /api/provider-configs/openai/undo"] = { body: { config: keyOf() } };
    show();
    const openai = await row("OpenAI");
    expect(openai.getByText(/put back for 10 more minutes/)).toBeDefined();
    fireEvent.click(openai.getByRole("button", { name: "Undo" }));
    await vi.waitFor(() => expect(asked).toContain("POST /api/provider-configs/openai/undo"));
  });

  it("offers nothing once the time is over", async () => {
    have([keyOf({ undoUntil: new Date(Date.now() - 1).toISOString() })]);
    show();
    expect((await row("OpenAI")).queryByRole("button", { name: "Undo" })).toBeNull();
  });
});

it("keeps a default model beside the key, without touching the other settings", async () => {
  have([keyOf({ settings: { temperature: 0.3 } })]);
  routes["GET /api/models"] = {
    body: { items: [{ id: "openai:gpt-5", name: "GPT-5", provider: "openai" }], defaultModel: null },
  };
  show();
  await mutate("/api/models"); // kept for minutes otherwise
  const choice = await (await row("OpenAI")).findByLabelText("Default model");
  fireEvent.change(choice, { target: { value: "openai:gpt-5" } });
  await vi.waitFor(() => expect(asked).toContain("PUT /api/provider-configs"));
  const put = fetched.mock.calls.find(([, init]) => init?.method === "PUT");
  expect(JSON.parse(String(put?.[1]?.body))).toEqual({
    provider: "openai",
    settings: { temperature: 0.3, defaultModel: "openai:gpt-5" },
  });
});
