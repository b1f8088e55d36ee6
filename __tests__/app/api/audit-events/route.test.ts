import { expect, it } from "vitest";
import { GET } from "@/app/api/audit-events/route";
import { gather } from "@/lib/audit/gather";
import { record } from "@/lib/audit/record";
import { testDatabase } from "../../../support/database";
import { apiRequest, signedIn } from "../../../support/requests";

const db = await testDatabase();
type Listed = { seq: number; action: string; [field: string]: unknown };
const get = (query = "", cookie?: string) => GET(apiRequest(`/api/audit-events${query}`, { cookie }));
const list = async (query: string, cookie: string) => {
  const response = await get(query, cookie);
  return (await response.json()) as { items: Listed[]; nextCursor: string | null };
};

it("answers with what happened, when and from where, and nothing of the chain behind it", async () => {
  const { id, cookie } = await signedIn(db);
  const at = new Date("2026-11-20T10:00:00.123Z");
  const event = { userId: id, action: "key_saved", provider: "openai", detail: { keyId: "k" } } as const;
  await record(db, { ...event, address: "192.0.2.1", userAgent: "curl/8" }, () => at);
  const response = await get("", cookie);
  expect(response.headers.get("cache-control")).toBe("private, no-store");
  expect(await response.json()).toEqual({
    items: [
      {
        ...{ seq: 1, action: "key_saved", provider: "openai", detail: { keyId: "k" }, address: "192.0.2.1" },
        ...{ userAgent: "curl/8", at: at.toISOString() },
      },
    ],
    nextCursor: null,
  });
});

it("shows nobody another account's events", async () => {
  const [ada, ben] = [await signedIn(db), await signedIn(db)];
  await record(db, { userId: ada.id, action: "signed_in" });
  expect(await list("", ben.cookie)).toEqual({ items: [], nextCursor: null });
  expect((await list("?cursor=100", ben.cookie)).items).toEqual([]);
});

it("leads through all events, newest first, each once, also while new ones are written", async () => {
  const { id, cookie } = await signedIn(db);
  for (let i = 0; i < 7; i++) await record(db, { userId: id, action: "key_used", detail: { i } });
  const seen: number[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = await list(`?limit=3${cursor && `&cursor=${cursor}`}`, cookie);
    seen.push(...page.items.map(({ seq }) => seq));
    await record(db, { userId: id, action: "signed_in" });
    cursor = page.nextCursor;
  }
  expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
});

it("shows uses that wait to be written", async () => {
  const { id, cookie } = await signedIn(db);
  for (let i = 0; i < 3; i++)
    gather({ userId: id, action: "key_used", provider: "openrouter", detail: { keyId: "k" } });
  expect((await list("", cookie)).items).toEqual([
    expect.objectContaining({ action: "key_used", detail: { keyId: "k", count: 3 } }),
  ]);
});

it("S71 answers hostile text as one line of JSON, capped and without anything that steers", async () => {
  const { id, cookie } = await signedIn(db);
  const hostile = `<img src=x onerror=alert(1)>\r\n\x1b[2J\u202e${"x ".repeat(2 ** 19)}`;
  await record(db, {
    userId: id,
    action: "sign_in_failed",
    address: hostile,
    userAgent: hostile,
    detail: { a: hostile },
  });
  const text = await (await get("", cookie)).text();
  expect(text.length).toBeLessThan(1000);
  expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(text).not.toMatch(/\\u00|\\r|\\n/);
  expect(JSON.parse(text).items[0].userAgent).toMatch(/^<img src=x onerror=alert\(1\)>\[2Jx x /);
});

it("refuses who is signed out", async () => {
  expect((await get()).status).toBe(401);
});

it.each([
  "?limit=0",
  "?limit=101",
  "?limit=x",
  "?limit=",
  "?limit=1.5",
  "?cursor=0",
  "?cursor=-1",
  "?cursor=1%20or%201",
  "?cursor=",
  "?user=1",
  "?limit=1&page=2",
])("refuses %s", async (query) => {
  const { cookie } = await signedIn(db);
  const response = await get(query, cookie);
  expect([response.status, (await response.json()).code]).toEqual([400, "invalid_request"]);
});
