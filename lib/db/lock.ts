import { mkdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Takes the data folder for this process alone. PGlite has no guard of its own: a second process that opens the folder
 * destroys it without an error (security.md, finding 1). The lock is SQLite's exclusive file lock, which the kernel
 * drops with its holder, so a killed server leaves nothing stale behind, and no process id is ever guessed at.
 *
 * @returns a function that gives the folder back.
 * @throws Error when another process holds it.
 */
export async function lockDataDir(dataDir: string): Promise<() => void> {
  mkdirSync(dataDir, { recursive: true });
  const { DatabaseSync } = await import("node:sqlite");
  const holder = new DatabaseSync(join(dataDir, "lock"));
  try {
    holder.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
  } catch {
    holder.close();
    throw new DataDirLockedError(dataDir);
  }
  return () => holder.close();
}

export class DataDirLockedError extends Error {
  constructor(dataDir: string) {
    super(
      `The embedded database in ${dataDir} is in use by another process. Stop that one first, or give this one a DATA_DIR of its own.`,
    );
    this.name = "EnvError"; // shown to the operator as it is, like any configuration fault
  }
}
