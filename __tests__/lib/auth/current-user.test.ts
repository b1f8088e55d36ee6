import { expect, it, vi } from "vitest";
import { currentUser } from "@/lib/auth/current-user";
import { sessions } from "@/lib/db/schema";
import { testDatabase } from "../../support/database";
import { apiRequest, signedIn } from "../../support/requests";

const db = await testDatabase();
const page = vi.hoisted(() => ({ cookie: "" }));
vi.mock("next/headers", () => ({ cookies: async () => apiRequest("/", { cookie: page.cookie }).cookies }));

it("tells a page who is looking, and nobody once the session is gone", async () => {
  const { id, cookie } = await signedIn(db);
  page.cookie = cookie;
  expect(await currentUser()).toMatchObject({ id });
  await db.delete(sessions);
  expect(await currentUser()).toBeNull();
  page.cookie = "";
  expect(await currentUser()).toBeNull();
});
