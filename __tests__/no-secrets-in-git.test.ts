import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "@/lib/cli/root.mjs";
import { findSecrets, isText } from "./support/find-secrets";

const MAX_BYTES = 2 ** 30;
const git = (args: string[], input?: string) => spawnSync("git", args, { cwd: ROOT, input, maxBuffer: MAX_BYTES });
const hasGit = git(["rev-parse", "--git-dir"]).status === 0;
const lines = (bytes: Buffer) => bytes.toString().split("\n").filter(Boolean);

/** Everything that anybody who has a clone can read: contents of files, and messages of commits and tags. */
function* objects(): Generator<{ name: string; bytes: Buffer }> {
  const named = lines(git(["rev-list", "--objects", "--all"]).stdout).map((line) => line.split(" "));
  const ids = named.map(([id]) => id).join("\n");
  const names = new Map(named.map(([id = "", ...path]) => [id, path.join(" ") || id]));
  const batch = git(["cat-file", "--batch"], `${ids}\n`).stdout;
  for (let at = 0; at < batch.length; ) {
    const head = batch.indexOf(10, at);
    const [id = "", type = "", size = ""] = batch.toString("latin1", at, head).split(" ");
    const end = head + 1 + Number(size);
    if (type !== "tree") yield { name: names.get(id) ?? id, bytes: batch.subarray(head + 1, end) };
    at = end + 1;
  }
}

const hex = (bytes: number) => randomBytes(bytes).toString("hex");
it.each<[string, string]>([
  ["OpenRouter", `sk-or-v1-${hex(32)}`],
  ["OpenAI", `sk-proj-${hex(60)}`],
  ["Anthropic", `sk-ant-api03-${hex(46)}AA`],
  ["Google", `AIza${hex(20).slice(0, 35)}`],
  ["xAI", `xai-${hex(40)}`],
  ["GitHub", `ghp_${hex(18)}`],
  ["Vault", `hvs.${hex(20)}`],
  ["our own", `ENCRYPTION_KEY=${randomBytes(32).toString("base64")}`],
  ["PostgreSQL", `postgres://ada:${hex(8)}@db.example.com:5432/chat`],
  ["PEM", `-----BEGIN PRIVATE KEY-----\n${randomBytes(48).toString("base64")}`],
  ["the known one with more behind it", `hvs.CAESIJ0stand-in-token${hex(8)}`],
])("S27 the search finds a secret: %s", async (_, secret) => {
  const found = await findSecrets(`before "${secret}" after`, "control");
  expect(found.length).toBeGreaterThan(0);
  expect(found.join("")).not.toContain(secret);
});

it("S27 what only looks like one is let pass: masks, placeholders, prefixes", async () => {
  const harmless =
    "sk-or-v1-…cdef sk-or-v1-0123 AIza… ENCRYPTION_KEY= postgres://user@host:5432/name hvs.CAESIJ0stand-in-token";
  expect(await findSecrets(harmless, "control")).toEqual([]);
});

it.skipIf(!hasGit)("S27 no secret is in any file of this folder that git does not ignore", async () => {
  const files = lines(git(["ls-files", "-co", "--exclude-standard"]).stdout);
  expect(files.length).toBeGreaterThan(300);
  const found = await Promise.all(
    files.map(async (file) => {
      const path = join(ROOT, file);
      if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return []; // deleted, not yet committed
      const bytes = readFileSync(path);
      return isText(bytes) ? await findSecrets(bytes.toString(), file) : [];
    }),
  );
  expect(found.flat()).toEqual([]);
});

it.skipIf(!hasGit)("S27 no secret is in the history of git, contents and messages", async () => {
  let searched = 0;
  const found: string[] = [];
  for (const { name, bytes } of objects()) {
    searched += 1;
    if (isText(bytes)) found.push(...(await findSecrets(bytes.toString(), name)));
  }
  const commits = lines(git(["rev-list", "--all"]).stdout).length;
  expect(searched).toBeGreaterThan(commits); // each commit, and files besides
  expect(found).toEqual([]);
});
