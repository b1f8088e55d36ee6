import { expect, it, vi } from "vitest";
import { rateLimits } from "@/lib/db/schema";
import { consume, forgive } from "@/lib/rate-limit/consume";
import { policies } from "@/lib/rate-limit/policies";
import { testDatabase } from "../../support/database";
import { setTestEnv } from "../../support/env";

const db = await testDatabase();
void vi; void setTestEnv; void forgive; void policies;

it("lets exactly 10 of 40 parallel calls through at a limit of 10", async () => {
  const results = await Promise.allSettled(Array.from({ length: 40 }, () => consume("login_account", "a@example.org")));
  const refused = results.filter((result) => result.status === "rejected");
  expect(refused[0]?.reason).toMatchObject({ code: "rate_limited" });
  expect(results.length - refused.length).toBe(10);
  expect(await db.select().from(rateLimits)).toHaveLength(1);
});
