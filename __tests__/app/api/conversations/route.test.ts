import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { DELETE, PATCH, GET as READ } from "@/app/api/conversations/[id]/route";
import { GET, POST } from "@/app/api/conversations/route";

const db = await testDatabase();
const owner = await signedIn(db);
const stranger = await signedIn(db);

const at = (id: string) => ({ params: Promise.resolve({ id }) });
const list = (cookie: string, query = "") => GET(apiRequest(`/api/conversations${query}`, { cookie }));
const create = (cookie: string, body: unknown) =>
  POST(apiRequest("/api/conversations", { method: "POST", cookie, body }));
const one = {
  read: (id: string, cookie: string) => READ(apiRequest(`/api/conversations/${id}`, { cookie }), at(id)),
  change: (id: string, cookie: string, body: unknown) =>
    PATCH(apiRequest(`/api/conversations/${id}`, { method: "PATCH", cookie, body }), at(id)),
  remove: (id: string, cookie: string) =>
    DELETE(apiRequest(`/api/conversations/${id}`, { method: "DELETE", cookie }), at(id)),
};
const made = async (cookie: string, body: unknown = { title: "keys" }) =>
  ((await (await create(cookie, body)).json()) as { id: string }).id;

it("a conversation is made, listed, read, renamed and deleted by its owner", async () => {
  const response = await create(owner.cookie, { title: "keys", model: "openai/gpt-4o-mini", system: "be brief" });
  expect(response.status).toBe(201);
  const conversation = (await response.json()) as { id: string };
  const { id } = conversation;
  expect(conversation).toMatchObject({
    title: "keys",
    model: "openai/gpt-4o-mini",
    system: "be brief",
    pinned: false,
    archived: false,
  });
  expect(await (await list(owner.cookie)).json()).toEqual({ items: [conversation], nextCursor: null });
  expect(await (await one.change(id, owner.cookie, { title: "locks", pinned: true })).json()).toMatchObject({
    title: "locks",
    pinned: true,
  });
  expect(await (await one.read(id, owner.cookie)).json()).toMatchObject({ title: "locks", messages: [] });
  expect((await one.remove(id, owner.cookie)).status).toBe(204);
  expect((await one.read(id, owner.cookie)).status).toBe(404);
  expect((await one.remove(id, owner.cookie)).status).toBe(404);
});

it("every answer about a user is private and kept by no cache", async () => {
  for (const response of [await list(owner.cookie), await one.read(await made(owner.cookie), owner.cookie)]) {
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(response.headers.get("x-request-id")).toBeTruthy();
  }
});

describe("somebody else's conversation", () => {
  it("answers the very same as one that is not there", async () => {
    const [id, nowhere] = [await made(owner.cookie), randomUUID()];
    const without = async (response: Response) => ({ ...((await response.json()) as object), requestId: "" });
    for (const act of [one.read, one.remove, (i: string, c: string) => one.change(i, c, { title: "mine" })]) {
      const [theirs, missing] = [await act(id, stranger.cookie), await act(nowhere, stranger.cookie)];
      expect([theirs.status, missing.status]).toEqual([404, 404]);
      expect(await without(theirs)).toEqual(await without(missing));
    }
    expect(await (await one.read(id, owner.cookie)).json()).toMatchObject({ title: "keys" });
  });
});

it("signed out, every route is refused", async () => {
  const id = await made(owner.cookie);
  const answers = await Promise.all([
    list(""),
    create("", {}),
    one.read(id, ""),
    one.change(id, "", { title: "x" }),
    one.remove(id, ""),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
});

describe("bad input", () => {
  it.each(["?limit=0", "?limit=101", "?limit=x", "?cursor=x", "?userId=1", "?limit=1&order=id"])(
    "%s in the list is invalid_request",
    async (query) => {
      const response = await list(owner.cookie, query);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, "invalid_request"]);
    },
  );

  it.each([
    ["nothing", {}],
    ["an empty title", { title: "" }],
    ["a long title", { title: "x".repeat(201) }],
    ["a word for a flag", { pinned: "yes" }],
    ["another owner", { userId: stranger.id }],
    ["another id", { id: randomUUID() }],
    ["a constructor", { constructor: 1 }],
    ["a long instruction", { system: "x".repeat(32_001) }],
    ["a list", []],
    ["null", null],
    ["a text", "x"],
  ])("%s as a change is invalid_request and changes nothing", async (_, body) => {
    const id = await made(owner.cookie);
    const response = await one.change(id, owner.cookie, body);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, "invalid_request"]);
    expect(await (await one.read(id, owner.cookie)).json()).toMatchObject({ title: "keys", pinned: false });
  });

  it.each(["1", "..", "%00", "x".repeat(300), "null"])("the id %j is not found", async (id) => {
    expect((await one.read(encodeURIComponent(id), owner.cookie)).status).toBe(404);
  });
});
