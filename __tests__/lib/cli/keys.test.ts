import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { adminSocketPath } from "@/lib/db/admin-path";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const folder = await mkdtemp(join(tmpdir(), "chatelaine-keys-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const base64 = () => randomBytes(32).toString("base64");
const FLAGS = ["--no-warnings", "--conditions=react-server", "--import", "./lib/cli/register.mjs"];
const [first, second] = [base64(), base64()];
const secret = base64();

type Keys = { now: string; before?: string };
const environment = ({ now, before = "" }: Keys, data: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  NODE_ENV: "production",
  NEXT_RUNTIME: "nodejs",
  LOG_LEVEL: "silent",
  DATA_DIR: data,
  ENCRYPTION_KEY: now,
  ENCRYPTION_KEY_PREVIOUS: before,
  NEXTAUTH_SECRET: secret,
});

/** Runs `npm run keys -- …` as npm does, less npm. */
async function keys(args: string[], given: Keys, data: string) {
  const child = spawn(process.execPath, [...FLAGS, "lib/cli/keys.ts", ...args], {
    cwd: ROOT,
    env: environment(given, data),
  });
  const told = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (told.out += chunk));
  child.stderr.on("data", (chunk) => (told.err += chunk));
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, ...told };
}

/** The app without its pages: it holds the embedded database and listens to the operator. */
const SERVER = `
  const { register } = await import("./instrumentation.ts");
  process.on("SIGTERM", () => setTimeout(() => process.exit(143), 20));
  await register();
  /* more */
  process.stdout.write("up");
  setInterval(() => {}, 1000);
`;
async function serve(given: Keys, data: string, more = "") {
  const child = spawn(process.execPath, [...FLAGS, "--input-type=module", "-e", SERVER.replace("/* more */", more)], {
    cwd: ROOT,
    env: environment(given, data),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout?.on("data", (chunk) => (out += chunk));
  await vi.waitFor(() => expect(out).toBe("up"), 30_000);
  const ended = new Promise((resolve) => child.on("exit", resolve));
  return async (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    await ended;
  };
}

it("says how it is used and exits 2 for bad usage", async () => {
  const misuses = [[], ["turn"], ["status", "--data"], ["unused", "--days", "soon"], ["rotate", "--dataa"]];
  misuses.push(["disable"], ["disable", "--kid", "short"], ["enable", "--kid", "A".repeat(22), "--backups-gone"]);
  const runs = await Promise.all(misuses.map((args) => keys(args, { now: first }, join(folder, "none"))));
  for (const { status, out, err } of runs) {
    expect([status, out]).toEqual([2, ""]);
    expect(err).toMatch(/^Usage: npm run keys -- status/);
  }
}, 60_000);

it("makes no database where there is none", async () => {
  const data = join(folder, "none");
  expect(await keys(["status"], { now: first }, data)).toMatchObject({
    status: 1,
    err: expect.stringContaining("npm start"),
  });
  expect(() => statSync(data)).toThrow();
}, 60_000);

it("works through the running server, which alone may open the embedded database, and by itself when none runs", async () => {
  const data = join(folder, "data");
  let stop = await serve({ now: first }, data);
  expect(statSync(adminSocketPath(data)).mode & 0o777).toBe(0o600);
  const status = await keys(["status", "--json"], { now: first }, data);
  expect(status).toMatchObject({ status: 0, err: "" });
  expect(JSON.parse(status.out)).toMatchObject({
    ok: true,
    report: { keks: [expect.any(String)], keys: [], missing: [] },
  });
  // The operator has a new key in .env.local, but the server still runs with the old one.
  const early = await keys(["rotate"], { now: second, before: first }, data);
  expect(early.status).toBe(1);
  expect(early.err).toMatch(/^Nothing was changed: the running server was started with encryption key .* Restart it/);
  await stop("SIGKILL"); // leaves its socket behind, for the next one to replace

  stop = await serve({ now: second, before: first }, data);
  const dry = await keys(["rotate", "--data", "--dry-run"], { now: second, before: first }, data);
  expect(dry).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^Dry run: nothing was written[\s\S]*3 of 3 data keys/),
  });
  const rotated = await keys(["rotate", "--data", "--json"], { now: second, before: first }, data);
  expect(JSON.parse(rotated.out)).toMatchObject({
    ok: true,
    report: { kek: { rewrapped: 3 }, dataKey: { isNew: true } },
  });
  await stop();

  const alone = await keys(["verify"], { now: second }, data);
  expect(alone).toMatchObject({ status: 0, out: "0 of 0 stored keys open\n" });
  const unused = await keys(["unused", "--days", "30"], { now: second }, data);
  expect(unused).toMatchObject({ status: 0, out: "No key was unused for 30 days.\n" });
  const wrong = await keys(["verify"], { now: base64() }, data);
  expect(wrong).toMatchObject({ status: 1, err: expect.stringContaining("was written under encryption key") });
}, 120_000);

it("imports through the running server, and by itself when none runs", async () => {
  const data = join(folder, "import");
  const account = `
    const { db } = await import("@/lib/db/client");
    const { users } = await import("@/lib/db/schema");
    await (await db()).insert(users).values([{ email: "ada@example.org" }, { email: "bob@example.org" }]);
  `;
  const stop = await serve({ now: first }, data, account);
  const file = join(folder, "rows.csv");
  const row = (user: string) => `${user},openrouter,sk-or-v1-${randomBytes(32).toString("hex")}`;
  const [ada, bob] = [row("ada@example.org"), row("bob@example.org")];
  writeFileSync(file, ["user,provider,key", ada, row("nobody@example.org")].join("\n"));
  const imported = (more: string[] = []) =>
    keys(["import", "--from", "plaintext", "--file", file, ...more], { now: first }, data);

  const through = await imported(["--json"]);
  expect([through.status, JSON.parse(through.out).counts]).toMatchObject([1, { imported: 1, failed: 1 }]);
  await stop();
  writeFileSync(file, ["user,provider,key", ada, bob].join("\n"));
  expect(await imported()).toMatchObject({ status: 0, out: "1 imported; 1 unchanged; 0 kept; 0 failed\n" });
  expect(await keys(["verify"], { now: first }, data)).toMatchObject({ out: "2 of 2 stored keys open\n" });
  expect((await keys(["import"], { now: first }, data)).status).toBe(2);
}, 120_000);

/** Every row of every table, as one hash, by a process of its own. */
function checksum(data: string): string {
  const script = `
    const { closeConnection, db, rowsOf } = await import("@/lib/db/client");
    const database = await db();
    const { sql } = await import("drizzle-orm");
    const names = rowsOf(await database.execute(sql\`select tablename as name from pg_tables where schemaname = 'ai' order by 1\`));
    const all = [];
    for (const { name } of names)
      all.push(rowsOf(await database.execute(sql.raw("select md5(string_agg(t::text, '|' order by t::text)) as sum from ai." + name + " t"))));
    process.stdout.write(JSON.stringify(all));
    await closeConnection();
    process.exit();
  `;
  const run = spawnSync(process.execPath, [...FLAGS, "--input-type=module", "-e", script], {
    cwd: ROOT,
    env: environment({ now: first }, data),
  });
  expect(run.status).toBe(0);
  return run.stdout.toString();
}

it("S18 verify names exactly the 5 corrupt rows of 40, exits 1 and writes nothing; with the server and without", async () => {
  const data = join(folder, "verify");
  const planted = `
    const { randomBytes, randomUUID } = await import("node:crypto");
    const { sql } = await import("drizzle-orm");
    const { db } = await import("@/lib/db/client");
    const { users } = await import("@/lib/db/schema");
    const { saveKey } = await import("@/lib/keys/save-key");
    const database = await db();
    const ids = Array.from({ length: 40 }, (_, n) => "00000000-0000-4000-8000-0000000000" + String(n + 10));
    await database.insert(users).values(ids.map((id) => ({ id, email: id + "@example.org" })));
    for (const userId of ids) {
      const apiKey = "sk-or-v1-" + randomBytes(32).toString("hex");
      await saveKey({ userId, provider: "openrouter", apiKey, info: undefined, action: "key_saved" });
    }
    const change = (n, text) =>
      database.execute(sql\`update ai.user_api_keys set encrypted_key = \${text} where user_id = \${ids[n]}\`);
    await change(3, sql\`overlay(encrypted_key placing case right(encrypted_key, 5) when 'AAAA=' then 'BBBB=' else 'AAAA=' end from length(encrypted_key) - 4)\`);
    await change(11, sql\`(select encrypted_key from ai.user_api_keys where user_id = \${ids[12]})\`);
    await change(19, sql\`left(encrypted_key, length(encrypted_key) - 4)\`);
    await change(27, sql\`encrypted_key || 'AAAA'\`);
    await change(38, sql\`regexp_replace(encrypted_key, '^(v1:[^:]*:)([^:]*):([^:]*):', '\\\\1\\\\2:AAAAAAAAAAAAAAAAAAAAAA==:')\`);
  `;
  const corrupt = [3, 11, 19, 27, 38].map((n) => `00000000-0000-4000-8000-0000000000${n + 10}`);
  const stop = await serve({ now: first }, data, planted);
  const through = await keys(["verify", "--json"], { now: first }, data);
  await stop();
  const before = checksum(data);
  const alone = await keys(["verify"], { now: first }, data);
  expect(checksum(data)).toBe(before);
  const { report } = JSON.parse(through.out) as { report: { rows: number; undecryptable: { userId: string }[] } };
  expect([through.status, report.rows]).toEqual([1, 40]);
  expect(report.undecryptable.map(({ userId }) => userId).sort()).toEqual(corrupt);
  expect(alone).toMatchObject({
    status: 1,
    out: expect.stringMatching(/^35 of 40 stored keys open\n✗ 5 stored keys do not open:\n/),
  });
  expect(
    alone.out
      .match(/account \S+/g)
      ?.map((text) => text.slice(8))
      .sort(),
  ).toEqual(corrupt);
}, 120_000);

it("disables, enables and destroys an old data key through the running server, and says what is in the way", async () => {
  const data = join(folder, "retire");
  const stop = await serve({ now: first }, data);
  const run = (...args: string[]) => keys(args, { now: first }, data);
  const kids = async (state: string) =>
    (
      JSON.parse((await run("status", "--json")).out) as {
        report: { dataKeys: { kid: string; state: string; purpose: string }[] };
      }
    ).report.dataKeys
      .filter((one) => one.purpose === "enc" && one.state === state)
      .map(({ kid }) => kid);
  const [kid = ""] = await kids("active");
  expect(await run("disable", "--kid", kid)).toMatchObject({
    status: 1,
    err: expect.stringContaining("rotate --data"),
  });
  expect((await run("rotate", "--data")).status).toBe(0);
  expect(await run("disable", "--kid", kid)).toMatchObject({
    status: 0,
    out: expect.stringContaining("enable undoes it"),
  });
  expect(await kids("disabled")).toEqual([kid]);
  expect(await run("destroy", "--kid", kid)).toMatchObject({
    status: 1,
    err: expect.stringContaining("--backups-gone"),
  });
  expect((await run("enable", "--kid", kid)).status).toBe(0);
  expect(await run("destroy", "--kid", kid, "--backups-gone")).toMatchObject({
    status: 1,
    err: expect.stringContaining("is in use"),
  });
  expect((await run("disable", "--kid", kid)).status).toBe(0);
  expect((await run("destroy", "--kid", kid, "--backups-gone")).status).toBe(0);
  expect(await kids("destroyed")).toEqual([kid]);
  await stop();
}, 240_000);

it("finds a short way to the socket of a folder whose path is too long for one", () => {
  const deep = join(folder, "d".repeat(120));
  const path = adminSocketPath(deep);
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103);
  expect(adminSocketPath(deep)).toBe(path);
  expect(adminSocketPath(join(deep, "e"))).not.toBe(path);
  expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  const refused = join(folder, "f".repeat(120));
  const taken = join(adminSocketPath(refused), "..");
  spawnSync("chmod", ["777", taken]);
  mkdirSync(folder, { recursive: true });
  expect(() => adminSocketPath(refused)).toThrow(/not yours alone/);
  for (const made of [join(path, ".."), taken, join(adminSocketPath(join(deep, "e")), "..")])
    spawnSync("rm", ["-rf", made]);
});
