import { describe, expect, it, vi } from "vitest";
import { type Client, createClient } from "@/lib/client/client";
import { ClientError } from "@/lib/client/client-error";

type Asked = { url: string; method: string; headers: Record<string, string>; body: unknown; credentials: unknown };

function recording(answer: () => Response = () => Response.json({})) {
  const asked: Asked[] = [];
  const fetch = vi.fn<typeof globalThis.fetch>(async (input, init) => {
    const { method = "GET", headers, body, credentials } = init ?? {};
    asked.push({
      url: String(input),
      method,
      headers: headers as Record<string, string>,
      body: body ? JSON.parse(String(body)) : undefined,
      credentials,
    });
    return answer();
  });
  return { asked, fetch };
}

describe("where it asks and as whom", () => {
  it("asks the page's own origin with its cookie when nothing is said", async () => {
    const { asked, fetch } = recording();
    await createClient({ fetch }).keys.list();
    expect(asked).toMatchObject([{ url: "/api/provider-configs", credentials: "same-origin" }]);
    expect(asked[0]?.headers.authorization).toBeUndefined();
  });

  it.each(["https://chat.example.org", "https://chat.example.org/"])(
    "asks %s with a token and no cookie",
    async (baseUrl) => {
      const { asked, fetch } = recording();
      await createClient({ fetch, baseUrl, token: "chl_abc" }).keys.list();
      expect(asked).toMatchObject([
        {
          url: "https://chat.example.org/api/provider-configs",
          credentials: "omit",
          headers: { authorization: "Bearer chl_abc" },
        },
      ]);
    },
  );

  it("asks for a token before each call", async () => {
    const { asked, fetch } = recording();
    let renewed = 0;
    const client = createClient({ fetch, token: async () => `token-${++renewed}` });
    await client.keys.list();
    await client.models.list();
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  it("sends no cookie beside a token that has run out", async () => {
    const { asked, fetch } = recording();
    await createClient({ fetch, token: () => undefined }).keys.list();
    expect(asked[0]).toMatchObject({ credentials: "omit" });
  });
});

const key = { provider: "openai", apiKey: "sk-proj-x" } as const;

it.each<[string, (client: Client) => Promise<unknown>, string, unknown]>([
  ["keys.test", (c) => c.keys.test(key), "POST /api/test-api-key", key],
  ["keys.save", (c) => c.keys.save(key), "POST /api/provider-configs", key],
  [
    "keys.saveSettings",
    (c) => c.keys.saveSettings("xai", { defaultModel: "xai:grok-4" }),
    "PUT /api/provider-configs",
    { provider: "xai", settings: { defaultModel: "xai:grok-4" } },
  ],
  ["keys.check", (c) => c.keys.check("google"), "POST /api/provider-configs/google/check", undefined],
  ["keys.undo", (c) => c.keys.undo("google"), "POST /api/provider-configs/google/undo", undefined],
  ["keys.usage", (c) => c.keys.usage("google"), "GET /api/provider-configs/google/usage", undefined],
  ["keys.deactivate", (c) => c.keys.deactivate("xai"), "DELETE /api/provider-configs/xai?deactivate=true", undefined],
  ["keys.remove", (c) => c.keys.remove("xai"), "DELETE /api/provider-configs/xai", undefined],
  ["openrouter.status", (c) => c.openrouter.status(), "GET /api/openrouter/status", undefined],
  [
    "a fresh status",
    (c) => c.openrouter.status({ refresh: true }),
    "GET /api/openrouter/status?refresh=true",
    undefined,
  ],
  ["openrouter.disconnect", (c) => c.openrouter.disconnect(), "DELETE /api/openrouter/disconnect", undefined],
  ["openrouter.revokePage", (c) => c.openrouter.revokePage(), "POST /api/openrouter/revoke", undefined],
  ["account.lock", (c) => c.account.lock(), "POST /api/account/lock", undefined],
  ["chat.stop", (c) => c.chat.stop("a/b"), "POST /api/chat/a%2Fb/stop", undefined],
  [
    "conversations.list",
    (c) => c.conversations.list({ cursor: "x y" }),
    "GET /api/conversations?limit=50&cursor=x+y",
    undefined,
  ],
  [
    "conversations.change",
    (c) => c.conversations.change("id", { title: "New" }),
    "PATCH /api/conversations/id",
    { title: "New" },
  ],
  ["preferences.set", (c) => c.preferences.set({ sharedKey: "never" }), "PUT /api/preferences", { sharedKey: "never" }],
  ["auditEvents.list", (c) => c.auditEvents.list(), "GET /api/audit-events?limit=50", undefined],
])("%s is the call that the contract names", async (_, run, request, body) => {
  const { asked, fetch } = recording();
  await run(createClient({ fetch }));
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([request]);
  expect(asked[0]?.body).toEqual(body);
});

it("throws what the route refuses, with the provider's word on the key", async () => {
  const check = { status: "wrong_kind", message: "This is an admin key." };
  const body = { code: "key_invalid", detail: "This is an admin key.", action: "reconnect", check };
  const { fetch } = recording(() => Response.json(body, { status: 422 }));
  const refused = createClient({ fetch }).keys.save(key);
  await expect(refused).rejects.toBeInstanceOf(ClientError);
  await expect(refused).rejects.toMatchObject({ code: "key_invalid", status: 422, check });
});
