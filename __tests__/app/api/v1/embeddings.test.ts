import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { testEmulator } from "@/__tests__/support/emulator";
import { newProgram } from "@/__tests__/support/program";
import { apiRequest } from "@/__tests__/support/requests";
import { POST } from "@/app/api/v1/embeddings/route";
import { writeCalls } from "@/lib/calls/record-call";
import { calls } from "@/lib/db/schema";
import { env } from "@/lib/env";

const db = await testDatabase();
const standIn = testEmulator();

it("embeds with the caller's key, and writes down what it took", async () => {
  Object.assign(env(), standIn.settings);
  const person = await newProgram(db, standIn);
  const body = { model: "openai/text-embedding-3-small", input: ["one", "two"] };
  const headers = { origin: "", authorization: `Bearer ${person.token}` };
  const answer = await POST(apiRequest("/api/v1/embeddings", { method: "POST", body, headers }));
  expect(answer.status).toBe(200);
  expect((await answer.json()).data).toHaveLength(2);
  await writeCalls();
  const [call] = await db.select().from(calls).where(eq(calls.userId, person.id));
  expect(call).toMatchObject({ kind: "embedding", status: "complete", inputTokens: 2, tokenId: person.tokenId });
  expect(Number(call?.costUsd)).toBeGreaterThan(0);
});
