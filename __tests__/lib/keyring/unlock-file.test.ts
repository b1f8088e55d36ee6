import { randomBytes, randomUUID } from "node:crypto";
import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NextRequest } from "next/server";
import { afterAll, afterEach, beforeEach, expect, it, vi } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { lockedSentence } from "@/lib/health/locked";
import { route } from "@/lib/http/route";
import { beatRegularly } from "@/lib/keyring/heartbeat";
import { configuredKeks, forgetKeks } from "@/lib/keyring/kek/env";
import { lock } from "@/lib/keyring/lock";
import { type Keyring, keyring } from "@/lib/keyring/open-keyring";
import { unlock } from "@/lib/keyring/unlock";
import { log } from "@/lib/log";

const folder = await mkdtemp(join(tmpdir(), "chatelaine-unlock-"));
afterAll(() => rm(folder, { recursive: true }));
const path = join(folder, "key");
await testDatabase();
const newKey = () => randomBytes(32).toString("base64");
const rightKey = newKey();
const context = {
  purpose: "user_api_keys.encrypted_key",
  rowId: randomUUID(),
  userId: randomUUID(),
  provider: "openrouter",
  endpointOrigin: "https://openrouter.ai",
};
const refuse = vi.fn();
const slot = globalThis as { __chatelaineKeyring?: { ring?: Keyring } | undefined };
let sealed: string;

async function put(text: string, mode = 0o600) {
  await writeFile(`${path}.new`, text);
  await chmod(`${path}.new`, mode);
  await rename(`${path}.new`, path);
}

/** What a restart does. */
function restart() {
  setTestEnv({ ENCRYPTION_KEY: "", ENCRYPTION_KEY_FILE: path });
  forgetKeks();
  lock(undefined);
  slot.__chatelaineKeyring = undefined;
}

beforeEach(async () => {
  refuse.mockClear();
  await put(rightKey);
  restart();
  sealed = (await (await keyring()).seal("sk-or-v1-abc", context)).text;
});
afterEach(() => forgetKeks());

const FAULTS: [string, () => Promise<void>, RegExp][] = [
  ["missing", () => rm(path), /cannot be read \(ENOENT\)/],
  ["another database's", () => put(newKey()), /this database was written under encryption key/],
  ["open to others", () => put(rightKey, 0o644), /others may read or change it/],
  ["half written", () => put(rightKey.slice(0, 24)), /bytes instead of 32/],
];

it.each(FAULTS)(
  "S13 with a key file that is %s the app starts locked, says why, and is open within 5 s of the right file",
  async (_, spoil, reason) => {
    const told = vi.spyOn(log, "error");
    await spoil();
    restart();
    await unlock(refuse);
    expect(told).toHaveBeenCalledTimes(1);
    expect(told.mock.calls[0]?.[0]).toMatch(/^locked: /);
    expect(String(told.mock.calls[0]?.[1]?.err)).toMatch(reason);
    expect(lockedSentence()).toMatch(/does not have its encryption key/);
    await (await beatRegularly())(); // the sign of life needs no key
    await put(rightKey);
    const back = performance.now();
    await vi.waitFor(() => expect(slot.__chatelaineKeyring?.ring).toBeDefined(), 5000);
    expect(performance.now() - back).toBeLessThan(5000);
    expect((await keyring()).open(sealed, context)).toBe("sk-or-v1-abc");
    expect(lockedSentence()).toBeUndefined();
    expect((await configuredKeks()).all).toHaveLength(1); // nothing of what did not fit
    expect(refuse).not.toHaveBeenCalled();
  },
);

it("S13 while locked, what needs keys is refused with a sentence and a time, and shows nothing of the file", async () => {
  await rm(path);
  restart();
  await unlock(refuse);
  const request = new NextRequest("http://localhost:3000/api/chat");
  const response = await route(async () => Response.json(await keyring()))(request);
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  const problem = (await response.json()) as { status: number; detail: string };
  expect(problem.status).toBe(503);
  expect(problem.detail).toMatch(/Nothing was charged and your keys are safe/);
  expect(JSON.stringify(problem)).not.toContain(path);
  await put(rightKey);
  await vi.waitFor(() => expect(lockedSentence()).toBeUndefined(), 5000);
});

it("S13 another reason is told once as well, the same one not again", async () => {
  const told = vi.spyOn(log, "error");
  await rm(path);
  restart();
  await unlock(refuse);
  await new Promise((resolve) => setTimeout(resolve, 1200)); // a few looks
  expect(told).toHaveBeenCalledTimes(1);
  await put(newKey());
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(2), 5000);
  await put(rightKey);
  await vi.waitFor(() => expect(lockedSentence()).toBeUndefined(), 5000);
});
