import { execFileSync } from "node:child_process";
import { createSecretKey, randomBytes } from "node:crypto";
import { chmod, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { testEnv } from "@/__tests__/support/env";
import { encryptionKeys } from "@/lib/keyring/kek/env";
import { readKeyFile } from "@/lib/keyring/kek/file";

const folder = await mkdtemp(join(tmpdir(), "chatelaine-key-"));
afterAll(() => rm(folder, { recursive: true }));
const path = join(folder, "key");
const bytes = randomBytes(32);
const text = bytes.toString("base64");
const write = async (content: string, mode = 0o600) => {
  await rm(path, { force: true, recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
};
beforeEach(() => write(text));

it.each([text, `${text}\n`])("reads a key with or without a line end", async (content) => {
  await write(content, 0o400);
  expect((await readKeyFile(path)).equals(createSecretKey(bytes))).toBe(true);
});

it("follows a link to a file that is closed to others, as mounted secrets are", async () => {
  await rename(path, join(folder, "target"));
  await symlink(join(folder, "target"), path);
  expect((await readKeyFile(path)).equals(createSecretKey(bytes))).toBe(true);
});

it.each([0o644, 0o640, 0o604, 0o620, 0o660, 0o777])(
  "refuses a file of mode %i that others may read or change",
  async (mode) => {
    await write(text, mode);
    await expect(readKeyFile(path)).rejects.toThrow(/others may read or change it.*chmod 600/);
  },
);

it.each([
  ["two line ends", `${text}\n\n`],
  ["a carriage return", `${text}\r\n`],
  ["a leading space", ` ${text}`],
  ["two keys", `${text}\n${text}\n`],
  ["half a key", text.slice(0, 22)],
  ["nothing", ""],
  ["hex", bytes.toString("hex")],
  ["the raw bytes", bytes.toString("latin1")],
  ["a name before the key", `ENCRYPTION_KEY=${text}`],
  ["a megabyte", "A".repeat(2 ** 20)],
])("refuses a file that holds %s, and shows nothing of it", async (_, content) => {
  await write(content);
  const refusal = await readKeyFile(path).catch((error: Error) => error);
  expect(refusal).toMatchObject({ name: "EnvError", message: expect.stringContaining("ENCRYPTION_KEY_FILE") });
  expect((refusal as Error).message).not.toContain(text.slice(0, 12));
});

it("refuses a file that is not there, a folder and a pipe, without waiting", async () => {
  await rm(path);
  await expect(readKeyFile(path)).rejects.toThrow(/cannot be read \(ENOENT\)/);
  await expect(readKeyFile(folder)).rejects.toThrow(/is not a file/);
  execFileSync("sh", ["-c", 'mkfifo -m 600 "$0"', path]);
  await expect(readKeyFile(path)).rejects.toThrow(/is not a file/);
});

it("takes the place of ENCRYPTION_KEY, before the earlier keys", async () => {
  const earlier = randomBytes(32).toString("base64");
  const env = testEnv({ ENCRYPTION_KEY: "", ENCRYPTION_KEY_FILE: path, ENCRYPTION_KEY_PREVIOUS: earlier });
  const keys = await encryptionKeys(env);
  expect(keys.map((key) => key.export().toString("base64"))).toEqual([text, earlier]);
});
