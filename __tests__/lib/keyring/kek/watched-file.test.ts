import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { chmod, mkdtemp, open, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeEach, expect, it, vi } from "vitest";
import { setTestEnv } from "@/__tests__/support/env";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { type WatchedKeys, watchKeyFile } from "@/lib/keyring/kek/watched-file";
import { log } from "@/lib/log";

const folder = await mkdtemp(join(tmpdir(), "chatelaine-watch-"));
afterAll(() => rm(folder, { recursive: true }));
const path = join(folder, "key");
const EVERY_MS = 30;
const newText = () => randomBytes(32).toString("base64");
const texts = (keys: KeyObject[]) => keys.map((key) => key.export().toString("base64"));

let first: string;
let watched: WatchedKeys | undefined;
beforeEach(async () => {
  first = newText();
  await rm(path, { force: true });
  await writeFile(path, first, { mode: 0o600 });
});
afterEach(() => watched?.stop());
const watch = async (previous: KeyObject[] = [], everyMs = EVERY_MS) => {
  watched = await watchKeyFile(path, previous, everyMs);
  return watched;
};
const looks = (count: number) => delay(EVERY_MS * (count + 1));
/** As one replaces a secret: whole or not at all. */
async function replace(text: string, mode = 0o600) {
  await writeFile(`${path}.new`, text);
  await chmod(`${path}.new`, mode);
  await rename(`${path}.new`, path);
}

it("S21 takes a key that replaces another while running, and keeps the other to read with", async () => {
  const earlier = newText();
  const { keys } = await watch([createSecretKey(Buffer.from(earlier, "base64"))]);
  const second = newText();
  await replace(second);
  await vi.waitFor(() => expect(texts(keys())).toEqual([second, first, earlier]));
  await replace(first);
  await vi.waitFor(() => expect(texts(keys())).toEqual([first, second, earlier]));
});

it("S21 the ring of the app follows within 5 s, and still unwraps what the replaced key wrapped", async () => {
  setTestEnv({ ENCRYPTION_KEY: "", ENCRYPTION_KEY_FILE: path });
  const ring = await configuredKeks();
  const [before, aad] = [ring.primary, new Uint8Array(1)];
  const wrapped = await before.wrap(randomBytes(32), aad);
  await replace(newText());
  await vi.waitFor(() => expect(ring.primary.id).not.toBe(before.id), 5000);
  expect(ring.all.map(({ id }) => id)).toEqual([ring.primary.id, before.id]);
  expect(await ring.all.find(({ id }) => id === before.id)?.unwrap(wrapped, aad)).toHaveLength(32);
  expect(ring.plainFormKeys).toHaveLength(2);
  setTestEnv();
  await configuredKeks(); // stops the watch
});

it("S21 keeps its key while the file is gone, and follows when it is back", async () => {
  const warn = vi.spyOn(log, "warn");
  const { keys } = await watch();
  await rm(path);
  await vi.waitFor(() => expect(warn).toHaveBeenCalled());
  await looks(5);
  expect(texts(keys())).toEqual([first]);
  expect(warn).toHaveBeenCalledTimes(1);
  const second = newText();
  await replace(second);
  await vi.waitFor(() => expect(texts(keys())).toEqual([second, first]));
});

it.each([
  ["open to others", 0o644, newText()],
  ["half a key", 0o600, newText().slice(0, 22)],
  ["empty", 0o600, ""],
  ["no random key", 0o600, Buffer.alloc(32).toString("base64")],
  ["two keys", 0o600, `${newText()}\n${newText()}`],
])("S21 keeps its key when the new file is %s, and its log shows nothing of it", async (_, mode, text) => {
  const warn = vi.spyOn(log, "warn");
  const { keys } = await watch();
  await replace(text, mode);
  await vi.waitFor(() => expect(warn).toHaveBeenCalled());
  await looks(5);
  expect(texts(keys())).toEqual([first]);
  expect(warn).toHaveBeenCalledTimes(1);
  const told = String(warn.mock.calls[0]?.[1]?.err);
  expect(told).toContain("ENCRYPTION_KEY_FILE");
  if (text) expect(told).not.toContain(text.slice(0, 12));
});

it("S21 never takes a half key while another is written over it letter by letter", async () => {
  const { keys } = await watch([], 150);
  const second = newText();
  const file = await open(path, "r+");
  for (const [at, letter] of [...second].entries()) {
    await file.write(letter, at);
    await delay(15); // several looks meet mixtures of both
  }
  await file.close();
  await vi.waitFor(() => expect(texts(keys())).toEqual([second, first]));
});

it("S21 follows a link that is swapped for another, as mounted secrets are, but into no file of others", async () => {
  const [second, links] = [newText(), [join(folder, "link")]];
  await rename(path, join(folder, "a"));
  await writeFile(join(folder, "b"), second, { mode: 0o600 });
  await writeFile(join(folder, "open"), newText(), { mode: 0o644 });
  const pointTo = async (name: string) => {
    await symlink(join(folder, name), String(links[0]));
    await rename(String(links[0]), path);
  };
  await pointTo("a");
  const { keys } = await watch();
  await pointTo("b");
  await vi.waitFor(() => expect(texts(keys())).toEqual([second, first]));
  await pointTo("open");
  await looks(5);
  expect(texts(keys())).toEqual([second, first]);
});

it("refuses to begin with a file that it would not take later", async () => {
  await chmod(path, 0o640);
  await expect(watchKeyFile(path, [], EVERY_MS)).rejects.toMatchObject({ name: "EnvError" });
});
