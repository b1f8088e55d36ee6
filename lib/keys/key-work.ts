import { z } from "zod";
import { AppError } from "@/lib/errors";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { type KeyStatistics, keyStatistics, type UnusedKey, unusedKeys } from "./key-statistics";
import { type RetireCommand, retireDataKey } from "./retire-data-key";
import { type RotationReport, rotateKeys } from "./rotate-keys";
import { type Verification, verifyKeys } from "./verify-keys";

/** Of a data key. */
const Kid = z.string().regex(/^[\w-]{22}$/);

/** What an operator can ask for, also across the admin socket. */
export const KeyWork = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("status") }),
  z.strictObject({
    command: z.literal("rotate"),
    data: z.boolean(),
    dryRun: z.boolean(),
    force: z.boolean(),
    /** The key encryption key that the operator means: a server that was started with another one refuses. */
    kekId: z.string(),
  }),
  z.strictObject({ command: z.literal("verify") }),
  z.strictObject({ command: z.literal("unused"), days: z.int().min(0) }),
  z.strictObject({ command: z.literal("disable"), kid: Kid }),
  z.strictObject({ command: z.literal("enable"), kid: Kid }),
  z.strictObject({ command: z.literal("destroy"), kid: Kid, backupsGone: z.boolean() }),
]);
export type KeyWork = z.infer<typeof KeyWork>;

export type KeyWorkProgress = { done: number; total?: number; rowsPerSecond?: number; secondsLeft?: number };

/** `ok` is false when something is wrong, which the report lists. */
export type KeyWorkResult =
  | { command: "status"; ok: boolean; report: KeyStatistics }
  | { command: "rotate"; ok: boolean; data: boolean; dryRun: boolean; report: RotationReport }
  | { command: "verify"; ok: boolean; report: Verification }
  | { command: "unused"; ok: boolean; report: { days: number; keys: UnusedKey[] } }
  | { command: RetireCommand; ok: true; report: { kid: string } };

/** @throws AppError with the reason when the work is refused. */
export async function runKeyWork(work: KeyWork, tell: (progress: KeyWorkProgress) => void): Promise<KeyWorkResult> {
  switch (work.command) {
    case "status": {
      const report = await keyStatistics();
      return { command: "status", ok: report.missing.length === 0, report };
    }
    case "rotate": {
      await requireKek(work.kekId);
      const { data, dryRun, force } = work;
      const report = await rotateKeys({ data, dryRun, force }, { report: tell });
      return { command: "rotate", ok: report.undecryptable.length === 0, data, dryRun, report };
    }
    case "verify": {
      const report = await verifyKeys((done) => tell({ done }));
      return { command: "verify", ok: report.undecryptable.length === 0, report };
    }
    case "disable":
    case "enable":
    case "destroy":
      await retireDataKey(work);
      return { command: work.command, ok: true, report: { kid: work.kid } };
    case "unused":
      return { command: "unused", ok: true, report: { days: work.days, keys: await unusedKeys(work.days) } };
  }
}

async function requireKek(kekId: string): Promise<void> {
  const { primary } = await configuredKeks();
  if (primary.id === kekId) return;
  throw new AppError(
    "conflict",
    `Nothing was changed: the running server was started with encryption key ${primary.id}, here ENCRYPTION_KEY is ${kekId}. ` +
      "Restart it with the new ENCRYPTION_KEY and the old one in ENCRYPTION_KEY_PREVIOUS, then run this again.",
  );
}
