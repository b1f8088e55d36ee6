import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { PATCH } from "@/app/api/account/route";
import { users } from "@/lib/db/schema";

const db = await testDatabase();
const change = (body: unknown, cookie?: string) => PATCH(apiRequest("/api/account", { method: "PATCH", body, cookie }));
const nameOf = async (id: string) => (await db.select().from(users).where(eq(users.id, id)))[0]?.name;

it("changes the caller's name, trims it, and takes it away", async () => {
  const [ada, ben] = [await signedIn(db), await signedIn(db)];
  const response = await change({ name: "  Ada Lovelace " }, ada.cookie);
  expect(await response.json()).toEqual({ user: { id: ada.id, email: ada.email, name: "Ada Lovelace", role: "user" } });
  expect([await nameOf(ada.id), await nameOf(ben.id)]).toEqual(["Ada Lovelace", null]);
  expect((await change({ name: null }, ada.cookie)).status).toBe(200);
  expect(await nameOf(ada.id)).toBeNull();
});

it.each([
  {},
  { name: "" },
  { name: "  " },
  { name: "a\nb" },
  { name: "a\u0000" },
  { name: "x".repeat(101) },
  { name: 7 },
  { name: "A", role: "admin" },
  { name: "A", email: "a@example.org" },
  { name: "A", id: "1" },
])("refuses %j and changes nothing", async (body) => {
  const { id, cookie } = await signedIn(db);
  const response = await change(body, cookie);
  expect([response.status, (await response.json()).code]).toEqual([400, "invalid_request"]);
  expect(await nameOf(id)).toBeNull();
});

it("signed out: 401", async () => {
  expect((await change({ name: "A" })).status).toBe(401);
});
