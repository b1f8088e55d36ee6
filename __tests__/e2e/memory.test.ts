import { randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mayRead, writableMemory } from "@/__tests__/support/memory";
import { ask, connect, newPerson, payerOf } from "@/__tests__/support/person";
import { type Server, startServer } from "@/__tests__/support/server";
import { listenIn } from "@/__tests__/support/wire";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const KEYS = 50;
const IDLE_MS = 2000;
/** What Node read from a socket lies in memory that it has freed until something is written over it: 0 to 2 keys did. */
const MAX_UNREFERENCED = 5;
const COLLECTIONS = 3;
/** Node writes its heap to a file on this signal, and collects all that nothing refers to before. */
const SNAPSHOT = "SIGUSR2";
const account = { email: "keeper@example.org", password: randomUUID() };
/** A secret that the app holds as long as it runs: where it is not found, the search is at fault. */
const NEXTAUTH_SECRET = randomBytes(32).toString("hex");

let emulator: Emulator;
let wire: Awaited<ReturnType<typeof listenIn>>;
let server: Server;
let folder: string;
const keys = new Set<string>();

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 5, tokenMs: 1, text: "An answer." } });
  wire = await listenIn(emulator.url, ({ key }) => key && keys.add(key));
  folder = await mkdtemp(join(tmpdir(), "chatelaine-memory-"));
  server = await startServer({
    env: {
      NEXTAUTH_SECRET,
      OPENROUTER_URL: wire.url,
      DATA_DIR: join(folder, "data"),
      RATE_LIMIT_FACTOR: "1000",
    },
    flags: [`--heapsnapshot-signal=${SNAPSHOT}`, `--diagnostic-dir=${folder}`],
  });
});
afterAll(async () => {
  await server?.stop();
  wire?.close();
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The heap as Node writes it: every string that something still refers to. */
async function heapSnapshot(): Promise<Buffer> {
  const before = new Set(readdirSync(folder));
  process.kill(server.pid, SNAPSHOT);
  let [path, size] = ["", -1];
  await expect
    .poll(
      () => {
        const name = readdirSync(folder).find((one) => one.endsWith(".heapsnapshot") && !before.has(one));
        if (!name) return false;
        path = join(folder, name);
        const now = statSync(path).size;
        const isWhole = now > 0 && now === size;
        size = now;
        return isWhole;
      },
      { timeout: 30_000, interval: 300 },
    )
    .toBe(true);
  const bytes = readFileSync(path);
  rmSync(path);
  return bytes;
}

const PREFIX = "sk-or-v1-";
const KEY_CHARS = PREFIX.length + 64;

const holds = (bytes: Buffer, text: string) => bytes.includes(text) || bytes.includes(Buffer.from(text, "utf16le"));

/** Which of the keys are in these bytes, whole, in either of the forms that V8 has for a string. */
function* keysIn(bytes: Buffer): Generator<string> {
  for (const encoding of ["latin1", "utf16le"] as const) {
    const needle = Buffer.from(PREFIX, encoding);
    const length = KEY_CHARS * (needle.length / PREFIX.length);
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
      const key = bytes.toString(encoding, at, at + length);
      if (keys.has(key)) yield key;
    }
  }
}

type Found = { keys: number; control: boolean };
const search = (parts: Iterable<Buffer>): Found => {
  const found = new Set<string>();
  let control = false;
  for (const part of parts) {
    control ||= holds(part, NEXTAUTH_SECRET);
    for (const key of keysIn(part)) found.add(key);
  }
  return { keys: found.size, control };
};
const asked = () => emulator.requests().filter(({ path }) => path === "/api/v1/chat/completions").length;
const inMemory = () => search(writableMemory(server.pid));

it.skipIf(process.platform !== "linux")(
  "S22 after chats on 50 keys nothing in the running app refers to any of them, and next to none is left in its memory",
  { timeout: 120_000 },
  async ({ skip }) => {
    if (!mayRead(server.pid)) skip("this system lets nobody read another process's memory");
    const browser = await newPerson(server.url, account);
    emulator.set({ firstTokenMs: 5000 });
    const answers: Promise<string>[] = [];
    for (let n = 0; n < KEYS; n++) {
      await connect(browser);
      answers.push(ask(browser).then((answer) => answer.text()));
    }
    expect(keys.size).toBe(KEYS);
    // Once the app has read the last of them: it stands still for seconds now, and would drop what waits unread.
    await expect.poll(asked).toBe(KEYS);
    const during = inMemory();
    expect(during.control).toBe(true);
    expect(during.keys).toBeGreaterThan(0); // answers are running: the search finds what is there
    expect((await Promise.all(answers)).map(payerOf)).toEqual(answers.map(() => "user"));
    await delay(IDLE_MS);

    let heap: Found = { keys: KEYS, control: false };
    let memory = heap;
    for (let round = 0; round < COLLECTIONS && memory.keys > MAX_UNREFERENCED; round++) {
      heap = search([await heapSnapshot()]);
      memory = inMemory();
    }
    expect(heap).toEqual({ keys: 0, control: true });
    expect(memory.control).toBe(true);
    expect(memory.keys).toBeLessThanOrEqual(MAX_UNREFERENCED);
  },
);
