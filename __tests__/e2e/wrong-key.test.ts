import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Server, startServer } from "@/__tests__/support/server";
import { signIn, visitor } from "@/lib/cli/visitor.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const newKey = () => randomBytes(32).toString("base64");
const account = { email: "keeper@example.org", password: randomUUID() };
const [rightKey, wrongKey] = [newKey(), newKey()];

let emulator: Emulator;
let folder: string;
let keyFile: string;
/** How long this machine takes to start the app, when all is well. */
let goodStartMs: number;
/** Of an app with an account and a connected key in its embedded database. */
let env: Record<string, string>;

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 5, tokenMs: 1, text: "It opens." } });
  folder = await mkdtemp(join(tmpdir(), "chatelaine-wrong-key-"));
  keyFile = join(folder, "key");
  await writeFile(keyFile, `${rightKey}\n`, { mode: 0o600 });
  const first = await startServer({
    env: {
      OPENROUTER_URL: emulator.url,
      OPENROUTER_API_KEY: emulator.createKey({ label: "shared" }).key,
      DATA_DIR: join(folder, "data"),
      ENCRYPTION_KEY: rightKey,
    },
  });
  env = first.env;
  const browser = visitor(first.url);
  await browser.post("/api/auth/register", account);
  await signIn(browser, account);
  await connect(browser);
  expect(await payerOfAnAnswer(browser)).toBe("user");
  await first.stop();
  const start = performance.now();
  const second = await startServer({ env });
  goodStartMs = performance.now() - start;
  await second.stop();
});
afterAll(async () => {
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

type Visitor = ReturnType<typeof visitor>;

/** As a browser does, but for the consent page's button. */
async function connect(browser: Visitor) {
  const asked = new URL((await browser.get("/api/openrouter/connect")).headers.get("location") ?? "");
  const decision = new URLSearchParams([...asked.searchParams, ["decision", "allow"]]);
  const granted = await fetch(`${asked.origin}/auth`, { method: "POST", body: decision, redirect: "manual" });
  const back = new URL(granted.headers.get("location") ?? "");
  await browser.get(back.pathname + back.search);
}

async function payerOfAnAnswer(browser: Visitor): Promise<string | undefined> {
  const message = { id: randomUUID(), role: "user", parts: [{ type: "text", text: "Does it open?" }] };
  const answer = await (await browser.post("/api/chat", { id: randomUUID(), message })).text();

  return /"keySource":"(\w+)"/.exec(answer)?.[1];
}

async function payerAfterStart(server: Server): Promise<string | undefined> {
  const browser = visitor(server.url);
  await signIn(browser, account);
  return await payerOfAnAnswer(browser);
}

const REPLACED = /ENCRYPTION_KEY: this database was written under encryption key .* Set the key it was written under/;
it.each<[string, () => Record<string, string>, RegExp]>([
  ["another ENCRYPTION_KEY", () => ({ ENCRYPTION_KEY: wrongKey }), REPLACED],
  [
    "another ENCRYPTION_KEY and earlier ones that are not it either",
    () => ({ ENCRYPTION_KEY: wrongKey, ENCRYPTION_KEY_PREVIOUS: `${newKey()},${newKey()}` }),
    REPLACED,
  ],
  ["no ENCRYPTION_KEY", () => ({ ENCRYPTION_KEY: "" }), /ENCRYPTION_KEY: it is missing. Make one with/],
  [
    "a key file that is not there",
    () => ({ ENCRYPTION_KEY: "", ENCRYPTION_KEY_FILE: join(folder, "gone") }),
    /ENCRYPTION_KEY_FILE \(.*gone\): it cannot be read \(ENOENT\)/,
  ],
])(
  "S12 S13 ends at once with the reason and the mend, and no key, when started with %s",
  { retry: 2 },
  async (_, change, message) => {
    const changed = change();
    const start = performance.now();
    const failure: Error = await startServer({ env: { ...env, ...changed } }).then(
      async (server) => {
        await server.stop();
        throw new Error("It started.");
      },
      (error) => error,
    );
    const tookMs = performance.now() - start;
    expect(failure.cause).toEqual(new Error("It ended with status 1"));
    expect(failure.message).toMatch(message);
    const keys = [rightKey, ...Object.values(changed).flatMap((value) => value.split(","))].filter((key) =>
      /=$/.test(key),
    );
    for (const key of keys) expect(failure.message).not.toContain(key.slice(0, -1));
    // Under two seconds, unless a machine with much else to do takes longer than that for a good start as well.
    expect(tookMs).toBeLessThan(Math.max(2000, 2 * goodStartMs));
  },
);

it("S12 opens everything again, on the user's own key, when the right ENCRYPTION_KEY returns", async () => {
  const server = await startServer({ env });
  expect(await payerAfterStart(server)).toBe("user");
  await server.stop();
});

it("S14 opens everything under a new ENCRYPTION_KEY while the earlier one is in ENCRYPTION_KEY_PREVIOUS", async () => {
  const server = await startServer({ env: { ...env, ENCRYPTION_KEY: wrongKey, ENCRYPTION_KEY_PREVIOUS: rightKey } });
  expect(await payerAfterStart(server)).toBe("user");
  await server.stop();
});

/** The environments, as the kernel shows them, of all processes of the app whose data is in this test's folder. */
const environments = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map((pid) => (existsSync(`/proc/${pid}/environ`) ? readQuietly(`/proc/${pid}/environ`) : ""))
    .filter((text) => text.includes(`DATA_DIR=${env.DATA_DIR}\0`));

function readQuietly(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // it has ended meanwhile, or is another user's
  }
}

it.skipIf(process.platform !== "linux")(
  "S23 /proc/PID/environ shows the key when it was given in the environment, and not when it is in a file",
  async () => {
    const inEnvironment = await startServer({ env });
    expect(environments().join("")).toContain(rightKey);
    await inEnvironment.stop();
    const inFile = await startServer({ env: { ...env, ENCRYPTION_KEY: "", ENCRYPTION_KEY_FILE: keyFile } });
    expect(environments().length).toBeGreaterThan(0);
    expect(environments().join("")).not.toContain(rightKey);
    expect(await payerAfterStart(inFile)).toBe("user");
    await inFile.stop();
  },
);
