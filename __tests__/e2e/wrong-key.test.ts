import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask, connect, newPerson, payerOf, signedInAt, type Visitor } from "@/__tests__/support/person";
import { type Server, startServer } from "@/__tests__/support/server";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const newKey = () => randomBytes(32).toString("base64");
const account = { email: "keeper@example.org", password: randomUUID() };
const [rightKey, wrongKey] = [newKey(), newKey()];

let emulator: Emulator;
let folder: string;
let keyFile: string;
/** The file that tests spoil. */
let spareFile: string;
/** How long this machine takes to start the app, when all is well. */
let goodStartMs: number;
/** Of an app with an account and a connected key in its embedded database. */
let env: Record<string, string>;

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 5, tokenMs: 1, text: "It opens." } });
  folder = await mkdtemp(join(tmpdir(), "chatelaine-wrong-key-"));
  keyFile = join(folder, "key");
  spareFile = join(folder, "spare");
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
  const browser = await newPerson(first.url, account);
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

const payerOfAnAnswer = async (browser: Visitor) => payerOf(await (await ask(browser)).text());

const payerAfterStart = async ({ url }: Server) => await payerOfAnAnswer(await signedInAt(url, account));

async function put(key: string) {
  await writeFile(`${spareFile}.new`, key, { mode: 0o600 });
  await rename(`${spareFile}.new`, spareFile);
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

const LOCKED = /This site does not have its encryption key right now.*Nothing was charged and your keys are safe/;
it.each<[string, () => Promise<void>, RegExp]>([
  ["missing", () => rm(spareFile, { force: true }), /it cannot be read \(ENOENT\)/],
  ["another database's", () => put(wrongKey), /this database was written under encryption key/],
])(
  "S13 with a key file that is %s it starts locked: says so, serves what needs no keys, lends nobody the shared key, and heals in 5 s",
  async (_, spoil, reason) => {
    await spoil();
    const locked = { ...env, ENCRYPTION_KEY: "", ENCRYPTION_KEY_FILE: spareFile };
    const server = await startServer({ env: locked, until: "alive" });
    try {
      await expect.poll(() => server.output()).toMatch(/"msg":"locked: /);
      expect(server.output()).toMatch(reason);
      const ready = await fetch(`${server.url}/api/health/ready`);
      expect([ready.status, await ready.json()]).toEqual([
        503,
        { status: "not_ready", checks: { database: true, migrations: true, keyring: false, staying: true } },
      ]);
      const browser = await signedInAt(server.url, account);
      for (const page of ["/", "/settings/keys"]) expect(await (await browser.get(page)).text()).toMatch(LOCKED);
      const { items } = (await (await browser.get("/api/conversations")).json()) as { items: { id: string }[] };
      const conversation = await (await browser.get(`/api/conversations/${items[0]?.id}`)).text();
      expect(conversation).toContain("It opens.");
      const paidFor = emulator.requests().length;
      const refused = await ask(browser);
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await refused.text()).toMatch(LOCKED);
      expect(emulator.requests()).toHaveLength(paidFor); // nobody was asked, with whosever key
      await put(rightKey);
      const back = performance.now();
      await expect.poll(async () => (await fetch(`${server.url}/api/health/ready`)).status).toBe(200);
      expect(performance.now() - back).toBeLessThan(5000);
      expect(await payerOfAnAnswer(browser)).toBe("user");
      expect(await (await browser.get("/")).text()).not.toMatch(LOCKED);
      for (const key of [rightKey, wrongKey]) expect(server.output()).not.toContain(key.slice(0, -1));
    } finally {
      await server.stop();
    }
  },
);

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
