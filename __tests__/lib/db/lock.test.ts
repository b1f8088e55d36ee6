import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lockDataDir } from "@/lib/db/lock";

const holdLock = (dir: string) => `
  const { DatabaseSync } = require("node:sqlite");
  const holder = new DatabaseSync(${JSON.stringify(join(dir, "lock"))});
  holder.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
  process.stdout.write("held");
  setInterval(() => {}, 1000);
`;

it("refuses a data folder that another process holds, and takes it as soon as that process is killed", async () => {
  const dir = await mkdtemp(join(tmpdir(), "chatelaine-lock-"));
  const holder = spawn(process.execPath, ["-e", holdLock(dir)], { stdio: ["ignore", "pipe", "ignore"] });
  await once(holder.stdout, "data");
  await expect(lockDataDir(dir)).rejects.toThrow(/in use by another process/);
  holder.kill("SIGKILL");
  await once(holder, "exit");
  const unlock = await lockDataDir(dir);
  await expect(lockDataDir(dir)).rejects.toThrow(/in use/);
  unlock();
  (await lockDataDir(dir))();
});
