import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { GET } from "@/app/api/health/ready/route";
import { GET as alive } from "@/app/api/health/route";
import { checkReadiness } from "@/lib/health/check-readiness";
import { testDatabase } from "../../../../support/database";
import { apiRequest } from "../../../../support/requests";

const db = await testDatabase();
const shared = globalThis as { __chatelaineDb?: Promise<unknown> };

async function withDatabase<T>(other: Promise<unknown>, work: () => Promise<T>): Promise<T> {
  const open = shared.__chatelaineDb;
  other.catch(() => {});
  shared.__chatelaineDb = other;
  try {
    return await work();
  } finally {
    shared.__chatelaineDb = open;
  }
}

it("is ready with a database that answers, is migrated, and keys that are complete", async () => {
  const response = await GET(apiRequest("/api/health/ready"));
  expect([response.status, await response.json()]).toEqual([200, { status: "ready" }]);
});

it("names what is not ready while the database is down, and stays alive", async () => {
  const down = Promise.reject(new Error("connect ECONNREFUSED 10.0.0.9"));
  const response = await withDatabase(down, () => GET(apiRequest("/api/health/ready")));
  const body = await response.json();
  expect([response.status, body.status, body.checks.database]).toEqual([503, "not_ready", false]);
  expect(JSON.stringify(body)).not.toContain("10.0.0.9");
  expect((await withDatabase(down, () => alive(apiRequest("/api/health")))).status).toBe(200);
});

it("does not wait for a database that hangs", async () => {
  const checks = await withDatabase(new Promise(() => {}), () => checkReadiness(20));
  expect(checks.database).toBe(false);
});

it("is not ready with a database of an earlier version", async () => {
  await db.execute(sql`delete from drizzle.__drizzle_migrations`);
  const response = await GET(apiRequest("/api/health/ready"));
  expect([response.status, (await response.json()).checks.migrations]).toEqual([503, false]);
});
