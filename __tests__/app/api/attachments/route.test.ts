import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { NextRequest } from "next/server";
import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { pdf, png } from "@/__tests__/support/files";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { DELETE, GET } from "@/app/api/attachments/[id]/route";
import { POST } from "@/app/api/attachments/route";
import { claimAttachments } from "@/lib/attachments/claim";
import { MAX_BYTES_A_USER, MAX_FILE_BYTES } from "@/lib/attachments/limits";
import { sweepAttachments } from "@/lib/attachments/sweep";
import { createConversation } from "@/lib/conversations/create";
import { removeConversation } from "@/lib/conversations/remove";
import { attachments } from "@/lib/db/schema";
import { env } from "@/lib/env";

const db = await testDatabase();
const owner = await signedIn(db);
const stranger = await signedIn(db);

type Upload = { cookie?: string; name?: string; headers?: Record<string, string> };

function upload(bytes: Uint8Array | ReadableStream, { cookie = owner.cookie, name = "key.png", headers }: Upload = {}) {
  const url = new URL("/api/attachments", env().APP_ORIGIN);
  const all = new Headers({
    cookie,
    origin: url.origin,
    "content-type": "application/octet-stream",
    "x-file-name": encodeURIComponent(name),
  });
  for (const [key, value] of Object.entries(headers ?? {})) value === "" ? all.delete(key) : all.set(key, value);
  return POST(new NextRequest(url, { method: "POST", headers: all, body: bytes as BodyInit, duplex: "half" } as never));
}
const at = (id: string) => ({ params: Promise.resolve({ id }) });
const get = (id: string, cookie = owner.cookie) => GET(apiRequest(`/api/attachments/${id}`, { cookie }), at(id));
const remove = (id: string, cookie = owner.cookie) =>
  DELETE(apiRequest(`/api/attachments/${id}`, { method: "DELETE", cookie }), at(id));
const stored = async (bytes: Uint8Array = png()) => ((await (await upload(bytes)).json()) as { id: string }).id;
const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];

it("a file is stored, told by its bytes, and read back by its owner as something to save", async () => {
  const response = await upload(pdf(), { name: "not a picture.png" });
  expect(response.status).toBe(201);
  const file = (await response.json()) as { id: string };
  expect(file).toEqual({
    id: expect.any(String),
    name: "not a picture.png",
    mediaType: "application/pdf",
    size: pdf().length,
  });
  const read = await get(file.id);
  expect(Buffer.from(await read.arrayBuffer())).toEqual(pdf());
  expect(Object.fromEntries(read.headers)).toMatchObject({
    "content-type": "application/pdf",
    "content-disposition": "attachment; filename*=UTF-8''not%20a%20picture.png",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
  });
});

it("a page of HTML is stored and served as text", async () => {
  const id = await stored(Buffer.from("<script>alert(1)</script>"));
  expect((await get(id)).headers.get("content-type")).toBe("text/plain; charset=utf-8");
});

it("a name cannot break out of its header", async () => {
  const response = await upload(png(), { name: 'a\r\nx: y"; filename="b\'(.png' });
  const { id } = (await response.json()) as { id: string };
  expect((await get(id)).headers.get("content-disposition")).toMatch(/^attachment; filename\*=UTF-8''[\w%.-]+$/);
});

describe("refused, and nothing stored:", () => {
  it.each([
    ["what is no image, PDF or text", () => upload(Buffer.from("PK\x03\x04\x14\0")), [415, "unsupported_media_type"]],
    ["an empty file", () => upload(Buffer.alloc(0)), [415, "unsupported_media_type"]],
    ["JSON", () => upload(png(), { headers: { "content-type": "application/json" } }), [415, "unsupported_media_type"]],
    [
      "a form",
      () => upload(png(), { headers: { "content-type": "multipart/form-data" } }),
      [415, "unsupported_media_type"],
    ],
    [
      "a name that is not encoded right",
      () => upload(png(), { headers: { "x-file-name": "%zz" } }),
      [400, "invalid_request"],
    ],
    ["more than 1 MB of text", () => upload(Buffer.alloc(1024 * 1024 + 1, "a")), [413, "payload_too_large"]],
    ["more than 8 MB", () => upload(Buffer.concat([png(), Buffer.alloc(MAX_FILE_BYTES)])), [413, "payload_too_large"]],
    [
      "what says it is small and is not",
      () => upload(endless(), { headers: { "content-length": "10" } }),
      [413, "payload_too_large"],
    ],
    [
      "from another site",
      () => upload(png(), { headers: { origin: "https://evil.example" } }),
      [403, "cross_site_request"],
    ],
    ["signed out", () => upload(png(), { cookie: "x=y" }), [401, "unauthenticated"]],
  ] as const)("%s", async (_, act, expected) => {
    const before = await db.$count(attachments);
    expect(await codeOf(await act())).toEqual(expected);
    expect(await db.$count(attachments)).toBe(before);
  });
});

/** A picture that never ends. */
function endless(): ReadableStream {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(sent++ === 0 ? png() : new Uint8Array(256 * 1024));
      if (sent > 200) throw new Error("it was read to the end");
    },
  });
}

describe("somebody else's file", () => {
  it("answers the very same as one that is not there", async () => {
    const [id, nowhere] = [await stored(), randomUUID()];
    const without = async (response: Response) => [
      response.status,
      { ...((await response.json()) as object), requestId: "" },
    ];
    for (const act of [get, remove]) {
      expect(await without(await act(id, stranger.cookie))).toEqual(await without(await act(nowhere, stranger.cookie)));
    }
    expect((await get("not-an-id")).status).toBe(404);
    expect((await get(id)).status).toBe(200);
  });

  it("becomes no part of another's conversation, nor of a second one of its owner's", async () => {
    const id = await stored();
    const [theirs, first, second] = await Promise.all(
      [stranger, owner, owner].map(async ({ id: userId }) => (await createConversation({ userId })).id),
    );
    const claim = (userId: string, conversationId = "") => claimAttachments({ userId, conversationId, ids: [id] });
    await expect(claim(stranger.id, theirs)).rejects.toMatchObject({ code: "not_found" });
    await claim(owner.id, first);
    await claim(owner.id, first); // the same question once more
    await expect(claim(owner.id, second)).rejects.toMatchObject({ code: "not_found" });
  });
});

it("an unsent file can be taken back; a sent one goes with its conversation", async () => {
  const [unsent, sent] = [await stored(), await stored()];
  expect((await remove(unsent)).status).toBe(204);
  expect((await get(unsent)).status).toBe(404);
  const { id } = await createConversation({ userId: owner.id });
  await claimAttachments({ userId: owner.id, conversationId: id, ids: [sent] });
  expect((await remove(sent)).status).toBe(404);
  await removeConversation({ id, userId: owner.id });
  expect((await get(sent)).status).toBe(404);
});

it("what nobody sent for a day is forgotten, the rest is not", async () => {
  const [old, fresh, sent] = [await stored(), await stored(), await stored()];
  const { id } = await createConversation({ userId: owner.id });
  await claimAttachments({ userId: owner.id, conversationId: id, ids: [sent] });
  for (const one of [old, sent]) {
    await db.update(attachments).set({ createdAt: sql`now() - interval '25 hours'` }).where(eq(attachments.id, one));
  }
  expect(await sweepAttachments()).toBe(1);
  expect((await Promise.all([old, fresh, sent].map((one) => get(one)))).map(({ status }) => status)).toEqual([
    404, 200, 200,
  ]);
});

it("an account has 200 MB, also when three files come at once for the last of them", async () => {
  const person = await signedIn(db);
  const values = { userId: person.id, name: "big", mediaType: "image/png", bytes: png() };
  const file = png(64, 64);
  await db.insert(attachments).values({ ...values, size: MAX_BYTES_A_USER - 4096 });
  const answers = await Promise.all([1, 2, 3].map(() => upload(file, { cookie: person.cookie })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 413, 413]);
});
