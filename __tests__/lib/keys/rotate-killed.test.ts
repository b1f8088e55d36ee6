import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { expect, inject, it } from "vitest";
import { verifyChain } from "@/lib/audit/verify";
import { connection, rowsOf } from "@/lib/db/client";
import { auditEvents, dataKeys, userApiKeys } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { sealContext } from "@/lib/keys/open-key";
import { testDatabase } from "../../support/database";
import { setTestEnv } from "../../support/env";
import { storedRows, storeKeys } from "../../support/many-keys";

const db = await testDatabase();
const KILLS = 20;
const ROWS = 1500;
const BATCH_ROWS = 10;

/** A process of its own that rotates, and says so after each batch. */
const PROGRAM = `
  const { rotateKeys } = await import("./lib/keys/rotate-keys.ts");
  const { closeConnection } = await import("./lib/db/client.ts");
  process.stdout.write("begin\\n");
  const report = ({ done }) => process.stdout.write("batch " + done + "\\n");
  const { dataKey, rows } = await rotateKeys({ data: true, dryRun: false }, { report, batchRows: ${BATCH_ROWS} });
  process.stdout.write("end " + JSON.stringify({ ...dataKey, ...rows }) + "\\n");
  await closeConnection();
`;

/** Numbers from 0 to 1, the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it("S15 a rotation killed at 20 points and run again loses nothing, does nothing twice, and ends by itself", async ({
  skip,
}) => {
  if ((await connection()).kind === "embedded") skip("a second process cannot open the embedded database");
  const ENCRYPTION_KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
  const { NEXTAUTH_SECRET, OPENROUTER_URL } = setTestEnv({ ENCRYPTION_KEY });
  const people = await storeKeys(db, ROWS, { plain: 50 });
  const [old] = await db.select().from(dataKeys).where(eq(dataKeys.purpose, "enc"));
  const url = new URL(inject("database").templateUrl ?? "");
  const [{ name }] = rowsOf<{ name: string }>(await db.execute(sql`select current_database() as name`)) as [
    { name: string },
  ];
  url.pathname = `/${name}`;
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    NODE_ENV: "production",
    LOG_LEVEL: "silent",
    DATABASE_URL: url.href,
    ENCRYPTION_KEY,
    NEXTAUTH_SECRET,
    OPENROUTER_URL, // keys are bound to it
  };
  const start = () => {
    const flags = ["--no-warnings", "--conditions=react-server", "--import", "./lib/cli/register.mjs"];
    return spawn(process.execPath, [...flags, "--input-type=module", "-e", PROGRAM], { env, stdio: "pipe" });
  };
  const random = seeded(15);

  for (let kill = 0; kill < KILLS; kill++) {
    const child = start();
    const ended = new Promise((resolve) => child.on("exit", resolve));
    // After the first or second batch has been told, and then anywhere in the next: while it reads, seals, updates,
    // records or commits. Every fifth falls soon after it began, in its first batch or before.
    const isEarly = kill % 5 === 4;
    let left = isEarly ? 1 : 2 + Math.floor(random() * 2);
    for await (const _ of createInterface({ input: child.stdout })) if (--left === 0) break;
    await delay(random() * (isEarly ? 30 : 12));
    child.kill("SIGKILL");
    await ended;
  }
  const killedAt = await db.$count(userApiKeys, sql`encryption_key_id <> ${old?.kid}`);
  expect(killedAt).toBeGreaterThan(KILLS);
  let last = "";
  for await (const line of createInterface({ input: start().stdout })) last = line;
  const end = JSON.parse(last.replace(/^end /, "")) as { kid: string; isNew: boolean; total: number; resealed: number };
  expect(end.isNew).toBe(false);
  expect(end.total).toBeLessThan(ROWS);
  expect(end.resealed).toBe(end.total);

  const keys = await db.select().from(dataKeys).where(eq(dataKeys.purpose, "enc"));
  expect(keys.map(({ state }) => state).sort()).toEqual(["active", "decrypt"]);
  // Of each killed run at most four batches were counted and not stored: two being written, one ready, one read ahead.
  const uses = keys.find(({ kid }) => kid === end.kid)?.uses ?? 0;
  expect(uses).toBeGreaterThanOrEqual(ROWS);
  expect(uses).toBeLessThanOrEqual(ROWS + KILLS * 4 * BATCH_ROWS);

  const ring = await keyring();
  await ring.activeKid();
  const rows = new Map((await storedRows(db, people)).map((row) => [row.userId, row]));
  for (const { userId, keyId, apiKey } of people) {
    const row = rows.get(userId);
    expect(row?.kid).toBe(end.kid);
    expect(ring.open(row?.text ?? "", sealContext({ id: keyId, userId, provider: "openrouter" }))).toBe(apiKey);
  }
  // One event a row, however often it was tried: event and row are of one transaction.
  expect(await db.$count(auditEvents, eq(auditEvents.action, "key_rotated"))).toBe(ROWS);
  for (const { userId } of people.slice(0, 50)) expect((await verifyChain(db, userId)).firstBadSeq).toBeNull();
}, 240_000);
