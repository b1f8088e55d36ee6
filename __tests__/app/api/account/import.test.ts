import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { eq } from "drizzle-orm";
import { strToU8, zipSync } from "fflate";
import { NextRequest } from "next/server";
import { describe, expect, it } from "vitest";
import { chatGpt, libreChat, openWebUi } from "@/__tests__/fixtures/imports";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { audited } from "@/__tests__/support/stored-keys";
import { GET as EXPORT } from "@/app/api/account/export/route";
import { POST } from "@/app/api/account/import/route";
import type { ImportEvent, ImportReport } from "@/lib/account/import-account";
import { listConversations } from "@/lib/conversations/list";
import { conversations, messages } from "@/lib/db/schema";
import { env } from "@/lib/env";

const db = await testDatabase();
type Sent = { type?: string; query?: string; headers?: Record<string, string>; signal?: AbortSignal };

/** As the page sends it: the file itself is the body. */
function bring(
  cookie: string,
  file: unknown,
  { type = "application/json", query = "", headers = {}, signal }: Sent = {},
) {
  const url = new URL(`/api/account/import${query}`, env().APP_ORIGIN);
  const body = file instanceof Uint8Array || typeof file === "string" ? file : JSON.stringify(file);
  const all = { cookie, origin: url.origin, "content-type": type, ...headers };
  return POST(new NextRequest(url, { method: "POST", headers: all, body: body as BodyInit, signal }));
}
const eventsOf = async (response: Response): Promise<ImportEvent[]> =>
  (await response.text())
    .split("\n\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line.replace(/^data: /, ""))]));
async function reportOf(response: Response): Promise<ImportReport> {
  const last = (await eventsOf(response)).at(-1);
  expect(last?.type).toBe("done");
  return (last as { report: ImportReport }).report;
}
const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];
const listed = (userId: string, archived = false) => listConversations({ userId, limit: 100, archived });
const messagesOf = async (conversationId: string) =>
  (await db.select().from(messages).where(eq(messages.conversationId, conversationId))).sort((a, b) => a.seq - b.seq);
const textOf = ({ parts }: { parts: unknown[] }) => parts.map((part) => (part as { text: string }).text).join("|");
const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith("chatelaine-upload-"));

describe("ChatGPT's conversations.json", () => {
  it("comes over with all versions, its times and models, and without instructions, tools and pictures", async () => {
    const { id: userId, cookie } = await signedIn(db);
    expect(await reportOf(await bring(cookie, chatGpt))).toEqual({
      ...{ dryRun: false, conversations: 1, messages: 4, alreadyHere: 0, sources: { chatgpt: 1 } },
      leftOut: { instructions: 1, tool_messages: 1, files: 1, empty: 1 },
    });
    const [kept] = (await listed(userId)).items;
    expect(kept).toMatchObject({ title: "Keys", system: null, model: null, updatedAt: "2023-11-14T22:15:00.000Z" });
    const rows = await messagesOf(kept?.id ?? "");
    expect(rows.map(textOf).sort()).toEqual(["And this?", "First version", "Second version", "What is a key?"]);
    const byText = (text: string) => rows.find((row) => textOf(row) === text);
    expect(byText("What is a key?")?.parentId).toBeNull();
    expect(byText("First version")).toMatchObject({
      parentId: byText("What is a key?")?.id,
      model: "gpt-4o",
      keySource: null,
      costUsd: null,
    });
    expect(byText("And this?")?.parentId).toBe(byText("First version")?.id);
    const [row] = await db
      .select()
      .from(conversations)
      .where(eq(conversations.id, kept?.id ?? ""));
    expect(row?.leafId).toBe(byText("Second version")?.id);
    expect(JSON.stringify(rows)).not.toContain("pirate");
  });
});

it("Open WebUI's export comes over with its reasoning, archived and pinned as it was", async () => {
  const { id: userId, cookie } = await signedIn(db);
  const report = await reportOf(await bring(cookie, openWebUi));
  expect(report).toMatchObject({ conversations: 1, messages: 2, sources: { open_webui: 1 } });
  expect(report.leftOut).toEqual({ files: 1, instructions: 1 });
  const [kept] = (await listed(userId, true)).items;
  expect(kept).toMatchObject({ title: "Locks", pinned: true, archived: true, system: null });
  const rows = await messagesOf(kept?.id ?? "");
  expect(rows[1]?.parts).toEqual([
    { type: "reasoning", text: "hm" },
    { type: "text", text: "A smith." },
  ]);
  expect(rows[1]?.model).toBe("llama3");
});

it("LibreChat's export comes over with its branches", async () => {
  const { id: userId, cookie } = await signedIn(db);
  const report = await reportOf(await bring(cookie, libreChat));
  expect(report).toMatchObject({
    conversations: 1,
    messages: 3,
    sources: { librechat: 1 },
    leftOut: { instructions: 1 },
  });
  const [kept] = (await listed(userId)).items;
  const rows = await messagesOf(kept?.id ?? "");
  expect(rows.map(textOf)).toEqual(["Open it?", "hm|Yes.", "No."]);
  expect(rows.slice(1).map(({ parentId }) => parentId)).toEqual([rows[0]?.id, rows[0]?.id]);
});

it("our own archive goes into another account whole, and into the same one not twice", async () => {
  const [from, to] = [await signedIn(db), await signedIn(db)];
  await bring(from.cookie, [...chatGpt, ...openWebUi, libreChat]).then((response) => response.text());
  await db.update(conversations).set({ system: "be brief" }).where(eq(conversations.userId, from.id));
  const exported = await EXPORT(apiRequest("/api/account/export", { cookie: from.cookie }));
  const archive = new Uint8Array(await exported.arrayBuffer());
  const zip = { type: "application/zip" };
  expect(await reportOf(await bring(from.cookie, archive, zip))).toMatchObject({ conversations: 0, alreadyHere: 3 });
  expect(await reportOf(await bring(to.cookie, archive, zip))).toMatchObject({
    ...{ conversations: 3, messages: 9, alreadyHere: 0, sources: { chatelaine: 3 }, leftOut: {} },
  });
  const shape = async (userId: string) => {
    const kept = [...(await listed(userId)).items, ...(await listed(userId, true)).items];
    return Promise.all(
      kept.map(async ({ id, title, system, updatedAt, pinned }) => {
        const rows = await messagesOf(id);
        const tree = rows.map((row) => [
          textOf(row),
          textOf(rows.find((one) => one.id === row.parentId) ?? { parts: [] }),
        ]);
        return { title, system, updatedAt, pinned, tree: tree.sort() };
      }),
    );
  };
  expect(await shape(to.id)).toEqual(await shape(from.id));
  expect(await reportOf(await bring(to.cookie, archive, zip))).toMatchObject({ conversations: 0, alreadyHere: 3 });
});

it("a second import adds only what is new; another person's is theirs", async () => {
  const [ada, ben] = [await signedIn(db), await signedIn(db)];
  await (await bring(ada.cookie, chatGpt)).text();
  const more = [...chatGpt, { ...chatGpt[0], conversation_id: "gpt-3" }];
  expect(await reportOf(await bring(ada.cookie, more))).toMatchObject({ conversations: 1, alreadyHere: 1 });
  expect(await reportOf(await bring(ben.cookie, chatGpt))).toMatchObject({ conversations: 1, alreadyHere: 0 });
  expect((await listed(ada.id)).items).toHaveLength(2);
  expect((await listed(ben.id)).items).toHaveLength(1);
});

it("a dry run tells the same and writes nothing", async () => {
  const { id: userId, cookie } = await signedIn(db);
  const dry = await reportOf(await bring(cookie, chatGpt, { query: "?dryRun=true" }));
  expect((await listed(userId)).items).toEqual([]);
  expect(await audited(db, userId)).toEqual([]);
  expect(dry).toEqual({ ...(await reportOf(await bring(cookie, chatGpt))), dryRun: true });
  expect(await audited(db, userId)).toEqual(["account_imported"]);
});

it("a long file tells how far it is, and leaves nothing on the disk", async () => {
  const { id: userId, cookie } = await signedIn(db);
  const many = Array.from({ length: 400 }, (_, n) => ({ ...chatGpt[0], conversation_id: `many-${n}` }));
  const told = await eventsOf(await bring(cookie, many));
  const progress = told.filter((event) => event.type === "progress");
  expect(progress.length).toBeGreaterThan(0);
  for (const event of progress) expect(event.readBytes).toBeLessThanOrEqual(event.totalBytes);
  expect(told.at(-1)).toMatchObject({ type: "done", report: { conversations: 400, messages: 1600 } });
  expect((await listed(userId)).nextCursor).not.toBeNull();
  expect(leftovers()).toEqual([]);
});

describe("hostile files", () => {
  const bad: [string, unknown, Record<string, number>][] = [
    [
      "a ring of messages",
      [
        {
          ...chatGpt[0],
          mapping: {
            a: { parent: "b", message: chatGpt[0]?.mapping.q },
            b: { parent: "a", message: { author: { role: "user" }, content: { parts: ["x"] } } },
          },
        },
      ],
      {},
    ],
    ["no list at all", "nonsense", { unreadable: 1 }],
    ["half a file", '[{"title":"x","mapping":{}', { unreadable: 1 }],
    ["something else", [{ a: 1 }, 5, null, "x", []], { unknown_format: 5 }],
    ["bytes that are no text", Uint8Array.from([0x5b, 0x7b, 0x22, 0xff, 0x22, 0x7d, 0x5d]), { unreadable: 1 }],
    ["keys of objects", '[{"__proto__":{"polluted":1},"constructor":{},"mapping":{"__proto__":{}}}]', { empty: 1 }],
  ];
  it.each(bad)("%s: told, and nothing breaks", async (_, file, leftOut) => {
    const { cookie } = await signedIn(db);
    expect((await reportOf(await bring(cookie, file))).leftOut).toMatchObject(leftOut);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(leftovers()).toEqual([]);
  });

  it("characters that the database refuses do not lose a conversation", async () => {
    const { id: userId, cookie } = await signedIn(db);
    const text = `a\u0000b\ud800c ${"x".repeat(1_200_000)}`;
    const mapping = { q: { parent: null, message: { author: { role: "user" }, content: { parts: [text] } } } };
    const report = await reportOf(
      await bring(cookie, [{ title: "t\u0000\ud800", conversation_id: "x\u0000", mapping }]),
    );
    expect(report).toMatchObject({ conversations: 1, leftOut: { cut_texts: 1 } });
    const [kept] = (await listed(userId)).items;
    expect(textOf((await messagesOf(kept?.id ?? ""))[0] ?? { parts: [] })).toMatch(/^a\ufffdb\ufffdc x/);
  });

  it("a zip that unpacks to too much is stopped, and a damaged one is told", async () => {
    const { cookie } = await signedIn(db);
    const zip = { type: "application/zip" };
    const archive = zipSync({ "conversations.json": strToU8(JSON.stringify(chatGpt)), "user.json": strToU8("{}") });
    expect(await reportOf(await bring(cookie, archive, zip))).toMatchObject({
      conversations: 1,
      leftOut: { empty: 1 },
    });
    const damaged = archive.slice();
    damaged.fill(0xff, 60, 120);
    const told = await eventsOf(await bring(cookie, damaged, zip));
    expect(told.at(-1)).toMatchObject({ type: "failed", code: "invalid_request" });
    expect(leftovers()).toEqual([]);
  });

  it("another account's ids in a file of ours reach nothing there", async () => {
    const [ada, eve] = [await signedIn(db), await signedIn(db)];
    const id = randomUUID();
    await db.insert(conversations).values({ id, userId: ada.id, title: "private" });
    const forged = {
      ...{ format: "chatelaine/conversation", version: 1, id, title: "forged", userId: ada.id, leafId: null },
      messages: [{ id: randomUUID(), parentId: null, role: "user", parts: [{ type: "text", text: "x" }] }],
    };
    expect(await reportOf(await bring(eve.cookie, forged))).toMatchObject({ conversations: 1 });
    expect((await listed(ada.id)).items.map(({ title }) => title)).toEqual(["private"]);
    expect((await listed(eve.id)).items.map(({ title }) => title)).toEqual(["forged"]);
  });
});

describe("refused", () => {
  it("signed out, from another site, of another type, with strange options", async () => {
    const { cookie } = await signedIn(db);
    expect(await codeOf(await bring("", chatGpt))).toEqual([401, "unauthenticated"]);
    expect(await codeOf(await bring(cookie, chatGpt, { headers: { origin: "https://evil.example" } }))).toEqual([
      403,
      "cross_site_request",
    ]);
    expect(await codeOf(await bring(cookie, "x", { type: "text/plain" }))).toEqual([415, "unsupported_media_type"]);
    expect(await codeOf(await bring(cookie, chatGpt, { query: "?dryRun=yes" }))).toEqual([400, "invalid_request"]);
    expect(await codeOf(await bring(cookie, chatGpt, { query: "?userId=1" }))).toEqual([400, "invalid_request"]);
  });

  it("what says that it is larger than it may be, and what is", async () => {
    const { cookie } = await signedIn(db);
    const said = await bring(cookie, "[]", { headers: { "content-length": String(201 * 1024 * 1024) } });
    expect(await codeOf(said)).toEqual([413, "payload_too_large"]);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 1;
        controller.enqueue(new Uint8Array(4 * 1024 * 1024).fill(0x20));
      },
    });
    const url = new URL("/api/account/import", env().APP_ORIGIN);
    const headers = { cookie, origin: url.origin, "content-type": "application/json" };
    const init = { method: "POST", headers, body: endless, duplex: "half" } as unknown as RequestInit;
    const response = await POST(new NextRequest(new Request(url, init)));
    expect(await codeOf(response)).toEqual([413, "payload_too_large"]);
    expect(sent).toBeLessThan(60);
    expect(leftovers()).toEqual([]);
  });

  it("a second one while the first is still running, which goes on", async () => {
    const { cookie } = await signedIn(db);
    const first = await bring(cookie, chatGpt);
    expect(await codeOf(await bring(cookie, chatGpt))).toEqual([409, "conflict"]);
    expect(await reportOf(first)).toMatchObject({ conversations: 1 });
    expect(await reportOf(await bring(cookie, chatGpt))).toMatchObject({ dryRun: false });
  });

  it("nobody waits for one whose reader has gone", async () => {
    const { cookie } = await signedIn(db);
    await (await bring(cookie, chatGpt)).body?.cancel();
    expect(leftovers()).toEqual([]);
    expect(await reportOf(await bring(cookie, chatGpt))).toMatchObject({ dryRun: false });
  });
});
