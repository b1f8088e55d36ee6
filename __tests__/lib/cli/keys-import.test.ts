import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { findLivingAccount } from "@/lib/auth/find-accounts";
import { keysImport } from "@/lib/cli/keys-import";
import { users } from "@/lib/db/schema";
import { storeKeys } from "@/lib/keys/store-keys";
import older from "../../fixtures/older-keys.json";
import { testDatabase } from "../../support/database";
import { newKey } from "../../support/openrouter-upstream";
import { makeUser } from "../../support/people";
import { rawKey } from "../../support/stored-keys";

const db = await testDatabase();
const folder = mkdtempSync(join(tmpdir(), "chatelaine-import-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Runs the command and takes what it prints. */
async function run(...args: string[]): Promise<{ status: number; output: string }> {
  const printers = [vi.mocked(console.log), vi.mocked(console.error)];
  const lines: string[] = [];
  for (const printer of printers) printer.mockImplementation((line) => void lines.push(String(line)));
  const status = await keysImport(args, (keys, isDryRun) =>
    storeKeys(keys, { findAccount: findLivingAccount, isDryRun }),
  );
  for (const printer of printers) printer.mockClear();
  return { status, output: lines.join("\n") };
}

it("imports a CSV file of plain keys, for accounts by address and by id, and says what it did", async () => {
  const [one, two] = [await makeUser(db), await makeUser(db)];
  const [first, second] = [newKey(), newKey()];
  const rows = [
    "user,provider,key",
    `${one.email.toUpperCase()},openrouter,${first}`,
    `${two.id},openrouter,${second}`,
  ];
  const path = file("rows.csv", rows.join("\n"));
  const dry = await run("--from", "plaintext", "--file", path, "--dry-run");
  expect(dry).toEqual({ status: 0, output: "2 would be imported; nothing was written; 0 unchanged; 0 kept; 0 failed" });
  expect(await rawKey(db, one.id)).toBeUndefined();
  const done = await run("--from", "plaintext", "--file", path);
  expect(done).toEqual({ status: 0, output: "2 imported; 0 unchanged; 0 kept; 0 failed" });
  expect((await rawKey(db, two.id))?.keyHint).toBe(second.slice(-4));
  expect((await run("--from", "plaintext", "--file", path)).output).toContain("0 imported; 2 unchanged");
});

it("gives a key to nobody for an address that only folds into theirs, nor to an account that is gone", async () => {
  const [owner] = await db.insert(users).values({ email: "kelvin@example.org" }).returning({ id: users.id });
  const strangers = ["\u212aelvin@example.org", randomUUID()];
  const rows = strangers.map((user) => ({ user, provider: "openrouter", key: newKey() }));
  const result = await run("--from", "plaintext", "--file", file("strangers.json", JSON.stringify(rows)));
  expect(result).toMatchObject({ status: 1, output: expect.stringContaining("2 failed") });
  expect(await rawKey(db, String(owner?.id))).toBeUndefined();
});

it("lists rows that failed, exits 1, and answers machines in JSON", async () => {
  const path = file(
    "bad.json",
    JSON.stringify([{ user: "nobody@example.org", provider: "openrouter", key: newKey() }]),
  );
  const words = await run("--from", "plaintext", "--file", path);
  expect(words).toEqual({
    status: 1,
    output: "✗ row 1 (nobody@example.org, openrouter) has no account here\n0 imported; 0 unchanged; 0 kept; 1 failed",
  });
  const { status, output } = await run("--from", "plaintext", "--file", path, "--json");
  expect([status, JSON.parse(output)]).toMatchObject([
    1,
    { dryRun: false, counts: { failed: 1 }, notes: [{ row: 1 }] },
  ]);
});

it.each([
  ["aes-gcm-json", older.gcmOwnSalt, []],
  [
    "aes-gcm-json",
    older.gcmStaticSalt,
    "--salt,static salt,--iterations,5000,--digest,sha512,--encoding,hex".split(","),
  ],
  ["aes-cbc-hex", older.cbc, []],
] as const)("opens %s with the secret of the named variable", async (from, key, more) => {
  const user = await makeUser(db);
  vi.stubEnv("THEIR_SECRET", "an older secret");
  const path = file("older.json", JSON.stringify([{ user: user.id, provider: "openrouter", key }]));
  const result = await run("--from", from, "--file", path, "--secret-env", "THEIR_SECRET", ...more);
  expect(result).toEqual({ status: 0, output: "1 imported; 0 unchanged; 0 kept; 0 failed" });
  expect((await rawKey(db, user.id))?.keyHint).toBe("abab");
});

it("opens Fernet tokens with the secret of IMPORT_SECRET, and names that variable when it holds no Fernet key", async () => {
  const user = await makeUser(db);
  const path = file("fernet.csv", `user,provider,key\n${user.id},openrouter,${older.fernet.token}`);
  vi.stubEnv("IMPORT_SECRET", "no key");
  expect(await run("--from", "fernet", "--file", path)).toEqual({
    status: 1,
    output: expect.stringMatching(/^IMPORT_SECRET is not? /),
  });
  vi.stubEnv("IMPORT_SECRET", older.fernet.secret);
  expect((await run("--from", "fernet", "--file", path)).status).toBe(0);
});

it.each([
  [],
  ["--from", "plaintext"],
  ["--from", "rot13", "--file", "x"],
  ["--file", "x"],
  ["--from", "plaintext", "--file", "x", "--loud"],
  ["--from", "plaintext", "--file", "x", "more"],
  ["--from", "aes-gcm-json", "--file", "x", "--iterations", "0"],
  ["--from", "aes-gcm-json", "--file", "x", "--digest", "md5"],
  ["--from", "aes-gcm-json", "--file", "x", "--encoding", "utf8"],
])("answers bad usage with a usage line and 2: %j", async (...args) => {
  expect(await run(...args)).toEqual({ status: 2, output: expect.stringContaining("Usage: npm run keys -- import") });
});

it("asks for the secret that is missing, and for a file that is there and can be read", async () => {
  expect(await run("--from", "aes-cbc-hex", "--file", "x")).toEqual({
    status: 2,
    output: expect.stringContaining("Set IMPORT_SECRET"),
  });
  expect(await run("--from", "plaintext", "--file", join(folder, "none.csv"))).toMatchObject({ status: 1 });
  const bad = await run("--from", "plaintext", "--file", file("bad.csv", "sk-or-v1-secret"));
  expect(bad).toEqual({ status: 1, output: "The first line must name the columns user, provider and key." });
});
