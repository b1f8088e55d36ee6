import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { setTestEnv } from "@/__tests__/support/env";
import { makeUser } from "@/__tests__/support/people";
import { record } from "@/lib/audit/record";
import { signHeads } from "@/lib/audit/sign-heads";
import { closeConnection, db } from "@/lib/db/client";
import { migrate } from "@/lib/db/migrate";
import { auditEvents } from "@/lib/db/schema";
import { openAdminSocket } from "@/lib/server/admin-socket";

const folder = mkdtempSync(join(tmpdir(), "audit-"));
const DATA_DIR = join(folder, "data");
const heads = join(folder, "heads.jsonl");
const secrets = {
  ENCRYPTION_KEY: randomBytes(32).toString("base64"),
  NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
};
let ada: { id: string; email: string };
let ben: { id: string; email: string };

beforeAll(async () => {
  setTestEnv({ DATA_DIR, ...secrets });
  await migrate();
  ada = await makeUser(await db());
  ben = await makeUser(await db());
  for (const { id } of [ada, ada, ada, ben]) await record(await db(), { userId: id, action: "signed_in" });
  await closeConnection();
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

type Ended = { status: number; out: string; err: string };
const audit = (...args: string[]) => auditWith({}, ...args);
function auditWith(settings: Record<string, string>, ...args: string[]): Promise<Ended> {
  const { piped = "", ...own } = settings;
  const flags = ["--conditions=react-server", "--import", "./lib/cli/register.mjs"];
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: "test" as const,
    DATA_DIR,
    LOG_LEVEL: "silent",
    ...secrets,
    ...own,
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...flags, "lib/cli/audit.ts", ...args], { env }, (error, out, err) =>
      resolve({ status: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin?.on("error", () => {}).end(piped);
  });
}
/** Changes the log behind the app's back. */
async function tamper(change: () => Promise<unknown>) {
  await change();
  await closeConnection();
}

it("exports, verifies, names what was cut off and edited, by account, and ends with 0 or 1", {
  timeout: 120_000,
}, async () => {
  const exported = await audit("export", "--out", heads);
  expect(exported).toMatchObject({ status: 0, err: "" });
  expect(statSync(heads).mode & 0o777).toBe(0o600);
  expect(readFileSync(heads, "utf8").trim().split("\n")).toHaveLength(4 + 2 + 1);

  const sound = await audit("verify", "--heads", heads, "--json");
  expect([sound.status, sound.err]).toEqual([0, ""]);
  expect(JSON.parse(sound.out)).toEqual({
    ...{ ok: true, accounts: 2, events: 4, keys: 0, heads: 2, exportFaults: [], faults: [] },
  });

  await tamper(async () => (await db()).delete(auditEvents).where(eq(auditEvents.seq, 3)));
  expect((await audit("verify")).status).toBe(0); // a chain alone does not show it
  const cut = await audit("verify", "--heads", heads);
  expect(cut.status).toBe(1);
  expect(cut.out).toContain(`✗ ${ada.email} (${ada.id}): event 3 and what followed is missing`);

  await tamper(async () =>
    (await db()).update(auditEvents).set({ address: "192.0.2.1" }).where(eq(auditEvents.seq, 2)),
  );
  const edited = await audit("verify", "--json");
  expect(edited.status).toBe(1);
  expect(JSON.parse(edited.out).faults).toEqual([{ userId: ada.id, email: ada.email, seq: 2, kind: "broken" }]);
  expect((await audit("verify", "--user", ben.email.toUpperCase())).status).toBe(0);
  expect((await audit("verify", "--user", ada.id)).status).toBe(1);
});

it("writes an export of one account to where it is piped", { timeout: 30_000 }, async () => {
  const { status, out } = await audit("export", "--user", ben.email);
  expect(status).toBe(0);
  expect(
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).type),
  ).toEqual(["event", "head", "end"]);
});

it("holds the logs against the hourly heads that are piped to it", { timeout: 60_000 }, async () => {
  await db();
  const lines: string[] = [];
  await signHeads({ print: (line) => lines.push(line) });
  await closeConnection();
  const piped = ["started", ...lines].join("\n");
  const verified = await auditWith({ piped }, "verify", "--user", ben.email, "--heads", "-");
  expect(verified).toMatchObject({ status: 0, out: expect.stringContaining("against 2 exported heads") });
  const forged = await auditWith({ piped: piped.replaceAll(ada.id, randomUUID()) }, "verify", "--heads", "-");
  expect(forged).toMatchObject({ status: 1, out: expect.stringContaining("✗ Line 2 of the export is not what") });
});

it("says so when the export itself was changed", { timeout: 30_000 }, async () => {
  const shortened = join(folder, "shortened.jsonl");
  writeFileSync(shortened, readFileSync(heads, "utf8").split("\n").slice(0, 2).join("\n"));
  const { status, out } = await audit("verify", "--user", ben.id, "--heads", shortened);
  expect(status).toBe(1);
  expect(out).toContain("✗ The export has no valid last line");
});

it("refuses to open the embedded database beside a process that takes no commands", { timeout: 30_000 }, async () => {
  await db();
  const { status, err } = await audit("verify");
  await closeConnection();
  expect(status).toBe(1);
  expect(err).toMatch(/Another process holds the embedded database/);
});

it("works through the running server that holds the embedded database", { timeout: 60_000 }, async () => {
  await db();
  const close = await openAdminSocket(DATA_DIR);
  const direct = join(folder, "through-the-server.jsonl");
  const ended = [
    await audit("verify", "--user", ben.email, "--heads", heads),
    await audit("verify", "--user", "nobody@example.org"),
    await audit("export", "--user", ben.id, "--out", direct),
    await audit("export", "--user", ben.id),
  ];
  close();
  await closeConnection();
  expect(ended.map(({ status }) => status)).toEqual([0, 1, 0, 0]);
  expect(ended[0]?.out).toContain("nothing is wrong");
  expect(ended[1]?.err).toBe("There is no account with that e-mail address.\n");
  expect(readFileSync(direct, "utf8").split("\n")[0]).toBe(ended[3]?.out.split("\n")[0]);
  expect(statSync(direct).mode & 0o777).toBe(0o600);
});

it("says what is wrong with the encryption key, and makes none", { timeout: 30_000 }, async () => {
  const { status, out, err } = await auditWith({ ENCRYPTION_KEY: randomBytes(32).toString("base64") }, "verify");
  expect([status, out]).toEqual([1, ""]);
  expect(err).toMatch(/this database was written under encryption key/);
});

it("finds no database where there is none, and makes none", { timeout: 30_000 }, async () => {
  const empty = join(folder, "empty");
  const { status, err } = await auditWith({ DATA_DIR: empty }, "verify");
  expect([status, err]).toEqual([1, `There is no database in ${empty} yet: npm start makes it.\n`]);
  expect(() => statSync(empty)).toThrow();
});

it("ends with 2 and its usage when it is called in another way", { timeout: 30_000 }, async () => {
  const { status, out, err } = await audit("verify", "now");
  expect([status, out]).toEqual([2, ""]);
  expect(err).toMatch(/^Usage: npm run audit -- verify /);
});

it.each([
  [["verify", "--user", "nobody@example.org"], "There is no account with that e-mail address."],
  [["verify", "--heads", `/tmp/${randomUUID()}`], "There is no file"],
])("names what is not there: %j", { timeout: 30_000 }, async (args, message) => {
  const { status, err } = await audit(...args);
  expect(status).toBe(1);
  expect(err).toContain(message);
});
