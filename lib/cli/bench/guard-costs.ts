import { randomBytes, randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import { gather, writeGathered } from "@/lib/audit/gather";
import { recordMany } from "@/lib/audit/record-many";
import { signHeads } from "@/lib/audit/sign-heads";
import { checkCredentials } from "@/lib/auth/check-credentials";
import { hashPassword } from "@/lib/auth/password";
import { closeConnection, db } from "@/lib/db/client";
import { migrate } from "@/lib/db/migrate";
import { auditEvents, users } from "@/lib/db/schema";
import { auditUse } from "@/lib/keys/audit-use";
import type { Payer } from "@/lib/keys/with-key";
import { consume, forgive } from "@/lib/rate-limit/consume";
import { median, percentile } from "./statistics";

// Run by guards.ts, once a database: what limits and the security log cost there. Prints one line of JSON.

const { values: options } = parseArgs({
  options: { accounts: { type: "string" }, samples: { type: "string" } },
});
const ACCOUNTS = Number(options.accounts ?? 100_000);
const SAMPLES = Number(options.samples ?? 400);
const CHATS = 2000;
const BATCH = 1000;

async function timed(count: number, work: (n: number) => unknown): Promise<number[]> {
  const taken: number[] = [];
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now();
    await work(n);
    taken.push(performance.now() - startedAt);
  }
  return taken;
}

const people = Array.from({ length: 100 }, () => randomUUID());
const person = (n: number) => people[n % people.length] ?? "";

async function chatCosts() {
  const payer: Payer = {
    ...{ source: "user", provider: "openrouter", keyId: randomUUID(), hint: null, label: null, keySetAt: null },
  };
  const limit = (n: number) => consume("chat", person(n));
  const told = (n: number) => auditUse(person(n), payer);
  await timed(CHATS / 10, limit);
  await timed(CHATS / 10, told);
  const limitMs = await timed(CHATS, limit);
  const auditMs = await timed(CHATS, told);
  const [writtenMs] = await timed(1, () => writeGathered());
  return {
    limitMs: median(limitMs),
    limitP99Ms: percentile(limitMs, 0.99),
    auditMs: median(auditMs),
    auditP99Ms: percentile(auditMs, 0.99),
    writtenMs: (writtenMs ?? Number.NaN) / people.length,
  };
}

/** As a rotation writes them: one event each of a thousand accounts a transaction; and the same rows bare. */
async function rowsPerSecond() {
  const database = await db();
  const batches = Array.from({ length: 20 }, () => Array.from({ length: BATCH }, () => randomUUID()));
  const write = (userIds: string[]) =>
    database.transaction((tx) =>
      recordMany(
        tx,
        userIds.map((userId) => ({ userId, action: "key_rotated", provider: "openrouter", detail: { kid: "k" } })),
      ),
    );
  const [first, ...rest] = batches;
  await write(first ?? []);
  const audited = await timed(rest.length, (n) => write(rest[n] ?? []));
  const mac = randomBytes(32).toString("base64url");
  const bare = await timed(rest.length, (n) =>
    database.execute(sql`
      insert into ${auditEvents} (user_id, seq, action, provider, detail, at, kid, prev, mac)
      select id, 2, 'key_rotated', 'openrouter', '{"kid":"k"}', now(), ${mac.slice(0, 22)}, ${mac}, ${mac}
      from unnest(${`{${rest[n]?.join(",")}}`}::text::uuid[]) as one(id)`),
  );
  gatherMany();
  const [gathered] = await timed(1, () => writeGathered());
  return {
    audited: (BATCH * 1000) / median(audited),
    bare: (BATCH * 1000) / median(bare),
    gathered: (BATCH * 1000) / (gathered ?? Number.NaN),
  };
}

const gatherMany = () => {
  for (let n = 0; n < BATCH; n++) gather({ userId: randomUUID(), action: "key_used", provider: "openrouter" });
};

/** One account after the other, each with five events, of which one in a hundred grew in the last hour. */
async function headCosts() {
  const database = await db();
  const text = "x".repeat(43);
  await database.execute(sql`
    insert into ${auditEvents} (user_id, seq, action, detail, at, kid, prev, mac)
    select id, seq, 'signed_in', '{}', now() - interval '1 day', 'k', ${text}, ${text}
    from (select gen_random_uuid() as id from generate_series(1, ${ACCOUNTS}::int)) as one, generate_series(1, 5) as seq`);
  await database.execute(sql`analyze ${auditEvents}`);
  const lines: string[] = [];
  const [allMs = 0] = await timed(1, () => signHeads({ everySeconds: 0, print: (line) => lines.push(line) }));
  const [laterMs = 0] = await timed(1, () => signHeads({ everySeconds: 0, print: (line) => lines.push(line) }));
  return { accounts: ACCOUNTS, allMs, laterMs };
}

/** A wrong password for an account there is and one there is not, by turns, so that both meet the same noise. */
async function signInTimes() {
  const email = `${randomUUID()}@example.org`;
  await (await db()).insert(users).values({ email, passwordHash: await hashPassword("correct horse battery") });
  const limits = { consume: async (...given: Parameters<typeof consume>) => void (await consume(...given)), forgive };
  const onWrongPassword = (userId: string) => gather({ userId, action: "sign_in_failed" });
  const signIn = (address: string) =>
    checkCredentials({ email: address, password: "wrong password" }, "203.0.113.7", { ...limits, onWrongPassword });
  const [known, unknown]: [number[], number[]] = [[], []];
  for (let n = 0; n < SAMPLES; n++) {
    const turns: [number[], string][] = [
      [known, email],
      [unknown, `${randomUUID()}@example.org`],
    ];
    for (const [taken, address] of n % 2 ? turns : turns.reverse()) {
      taken.push(...(await timed(1, () => signIn(address))));
    }
  }
  return { samples: SAMPLES, knownMs: median(known), unknownMs: median(unknown) };
}

export type GuardCosts = {
  chat: Awaited<ReturnType<typeof chatCosts>>;
  rows: Awaited<ReturnType<typeof rowsPerSecond>>;
  heads: Awaited<ReturnType<typeof headCosts>>;
  signIn: Awaited<ReturnType<typeof signInTimes>>;
};

try {
  await migrate();
  const costs: GuardCosts = {
    chat: await chatCosts(),
    rows: await rowsPerSecond(),
    signIn: await signInTimes(),
    heads: await headCosts(),
  };
  process.stdout.write(`${JSON.stringify(costs)}\n`);
} finally {
  await closeConnection();
}
process.exit(0); // the embedded database keeps a handle
