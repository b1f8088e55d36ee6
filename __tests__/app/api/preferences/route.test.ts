import { expect, it } from "vitest";
import { GET, PUT } from "@/app/api/preferences/route";
import { listEvents } from "@/lib/audit/list";
import { getPreferences } from "@/lib/preferences/get-preferences";
import { defaultPreferences } from "@/lib/preferences/preferences";
import { testDatabase } from "../../../support/database";
import { apiRequest, signedIn } from "../../../support/requests";

const db = await testDatabase();
const get = (cookie?: string) => GET(apiRequest("/api/preferences", { cookie }));
const put = (body: unknown, cookie?: string, headers?: Record<string, string>) =>
  PUT(apiRequest("/api/preferences", { method: "PUT", body, cookie, headers }));

it("allows the shared key until its user says otherwise, then keeps what they said", async () => {
  const { cookie } = await signedIn(db);
  expect(await (await get(cookie)).json()).toEqual(defaultPreferences);
  for (const sharedKey of ["never", "never", "allow"]) {
    const response = await put({ sharedKey }, cookie);
    expect([response.status, await response.json()]).toEqual([200, { ...defaultPreferences, sharedKey }]);
    expect(await (await get(cookie)).json()).toEqual({ ...defaultPreferences, sharedKey });
  }
});

it("keeps what becomes of an answer that nobody reads, beside the rest", async () => {
  const { cookie } = await signedIn(db);
  await put({ sharedKey: "never" }, cookie);
  expect(await (await put({ whenLeaving: "stop" }, cookie)).json()).toEqual({
    ...defaultPreferences,
    sharedKey: "never",
    whenLeaving: "stop",
  });
  expect((await put({ whenLeaving: "sometimes" }, cookie)).status).toBe(400);
});

it("keeps one person's choice from everybody else", async () => {
  const [ada, ben] = [await signedIn(db), await signedIn(db)];
  await put({ sharedKey: "never" }, ada.cookie);
  expect(await getPreferences(ben.id)).toEqual(defaultPreferences);
});

it("writes each change into the account's security log", async () => {
  const { id, cookie } = await signedIn(db);
  await put({ sharedKey: "never" }, cookie);
  const { items } = await listEvents({ userId: id, limit: 10 });
  expect(items).toEqual([expect.objectContaining({ action: "preferences_changed", detail: { sharedKey: "never" } })]);
});

it("refuses who is signed out", async () => {
  expect((await get()).status).toBe(401);
  expect((await put({ sharedKey: "never" })).status).toBe(401);
  expect((await put({ sharedKey: "never" }, undefined, { authorization: "Bearer x" })).status).toBe(401);
});

it.each([
  [{}, 400],
  [{ sharedKey: "maybe" }, 400],
  [{ sharedKey: true }, 400],
  [{ sharedKey: "never", userId: "1" }, 400],
  [[], 400],
  ["null", 400],
  ["{", 400],
  [`{"sharedKey":"${"n".repeat(5000)}"}`, 413],
])("refuses %.40j and changes nothing", async (body, status) => {
  const { id, cookie } = await signedIn(db);
  expect((await put(body, cookie)).status).toBe(status);
  expect(await getPreferences(id)).toEqual(defaultPreferences);
});

it.each([
  [{ "content-type": "text/plain" }, 415],
  [{ origin: "https://evil.example" }, 403],
  [{ origin: "http://localhost:3001" }, 403],
  [{ origin: "" }, 403],
  [{ origin: "", referer: "https://evil.example/" }, 403],
  [{ "sec-fetch-site": "same-site" }, 403],
])("refuses a request with %j and changes nothing", async (headers, status) => {
  const { id, cookie } = await signedIn(db);
  expect((await put({ sharedKey: "never" }, cookie, headers as unknown as Record<string, string>)).status).toBe(status);
  expect(await getPreferences(id)).toEqual(defaultPreferences);
});
