import { randomUUID } from "node:crypto";
import { strFromU8, unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { audited, expectNoTrace, storeKey } from "@/__tests__/support/stored-keys";
import { GET } from "@/app/api/account/export/route";
import { attachments, conversations, messages } from "@/lib/db/schema";

const db = await testDatabase();
const exported = (cookie?: string, query = "") => GET(apiRequest(`/api/account/export${query}`, { cookie }));
const filesOf = async (response: Response) => unzipSync(new Uint8Array(await response.arrayBuffer()));
const readJson = (files: Record<string, Uint8Array>, name: string) =>
  JSON.parse(strFromU8(files[name] ?? new Uint8Array()));

async function talk(userId: string, title: string, { answers = 1, archived = false } = {}): Promise<string> {
  const [conversation] = await db.insert(conversations).values({ userId, title, archived }).returning();
  const conversationId = conversation?.id ?? "";
  const rows = Array.from({ length: answers }, (_, n) => ({
    ...{ userId, conversationId, seq: n + 1, role: "assistant" as const, status: "complete" as const },
    parts: [{ type: "text" as const, text: `${title} ${n}` }],
    ...{
      model: "openrouter:a/b",
      keySource: "user" as const,
      keyProvider: "openrouter",
      inputTokens: 10,
      costUsd: "0.01",
    },
  }));
  if (rows.length > 0) await db.insert(messages).values(rows);
  return conversationId;
}

it("holds conversations, settings, usage, files and the security log of its owner, and nobody else's", async () => {
  const [ada, ben] = [await signedIn(db), await signedIn(db)];
  const ids = [await talk(ada.id, "Keys", { answers: 3 }), await talk(ada.id, "Old", { archived: true })];
  await talk(ben.id, "Foreign words");
  const file = { userId: ada.id, conversationId: ids[0], name: "../a.txt", mediaType: "text/plain", size: 3 };
  await db.insert(attachments).values({ ...file, bytes: Buffer.from("abc") });
  const { apiKey } = await storeKey(ada.id);

  const response = await exported(ada.cookie);
  expect(response.headers.get("content-type")).toBe("application/zip");
  expect(response.headers.get("content-disposition")).toMatch(
    /^attachment; filename="chatelaine-\d{4}-\d\d-\d\d\.zip"/,
  );
  const files = await filesOf(response);
  expect(readJson(files, "account.json").account).toMatchObject({ id: ada.id, email: ada.email });
  expect(readJson(files, "settings.json")).toMatchObject({
    preferences: { sharedKey: "allow" },
    keys: [{ provider: "openrouter", state: "active" }],
  });
  expect(readJson(files, "usage.json").chats).toEqual([
    expect.objectContaining({
      model: "openrouter:a/b",
      keySource: "user",
      answers: 4,
      inputTokens: 40,
      costUsd: "0.04",
    }),
  ]);
  expect(readJson(files, "security-log.json").map(({ action }: { action: string }) => action)).toEqual([
    "account_exported",
    "openrouter_connected",
  ]);
  const kept = readJson(files, "conversations.json");
  expect(new Set(kept.map(({ id }: { id: string }) => id))).toEqual(new Set(ids));
  expect(kept.find(({ id }: { id: string }) => id === ids[0]).messages).toHaveLength(3);
  const [name = ""] = Object.keys(files).filter((one) => one.startsWith("files/"));
  expect(name).not.toContain("/..");
  expect(strFromU8(files[name] ?? new Uint8Array())).toBe("abc");
  const everything = Object.values(files)
    .map((bytes) => strFromU8(bytes))
    .join("\n");
  expectNoTrace(everything, apiKey);
  expect(everything).not.toMatch(/Foreign words|argon2|encryptedKey|keyHash|passwordHash/);
  expect(everything).not.toContain(ben.id);
});

it("of an empty account is an archive too", async () => {
  const { cookie } = await signedIn(db);
  expect(readJson(await filesOf(await exported(cookie)), "conversations.json")).toEqual([]);
});

it("of many conversations is sent while it is made, in pieces", async () => {
  const { id, cookie } = await signedIn(db);
  const rows = Array.from({ length: 400 }, (_, n) => ({ userId: id, title: `${n} ${randomUUID()}`.repeat(20) }));
  await db.insert(conversations).values(rows);
  const response = await exported(cookie);
  let pieces = 0;
  let largest = 0;
  const taken: Uint8Array[] = [];
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    pieces += 1;
    largest = Math.max(largest, piece.length);
    taken.push(piece);
  }
  expect(pieces).toBeGreaterThan(5);
  expect(largest).toBeLessThan(128 * 1024);
  expect(readJson(unzipSync(Buffer.concat(taken)), "conversations.json")).toHaveLength(400);
});

describe("refused", () => {
  it("signed out", async () => {
    expect((await exported()).status).toBe(401);
  });
  it("with somebody's id in the address", async () => {
    const { id, cookie } = await signedIn(db);
    expect((await exported(cookie, `?userId=${id}`)).status).toBe(400);
    expect(await audited(db, id)).toEqual([]);
  });
  it("more than ten times an hour", async () => {
    const { cookie } = await signedIn(db);
    for (let n = 0; n < 10; n++) await (await exported(cookie)).body?.cancel();
    expect((await exported(cookie)).status).toBe(429);
  });
});
