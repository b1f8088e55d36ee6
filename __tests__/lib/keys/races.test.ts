import { setTimeout as wait } from "node:timers/promises";
import { asc, eq } from "drizzle-orm";
import { expect, inject, it } from "vitest";
import { verifyChain } from "@/lib/audit/verify";
import { auditEvents, keyUseDays, replacedKeys, userApiKeys } from "@/lib/db/schema";
import { isAppError } from "@/lib/errors";
import { keyring } from "@/lib/keyring/open-keyring";
import { deactivateAllKeys, deactivateKey } from "@/lib/keys/deactivate-key";
import { eventHash } from "@/lib/keys/event-hash";
import { noteUse, writeUses } from "@/lib/keys/note-use";
import { removeKey } from "@/lib/keys/remove-key";
import { saveKey } from "@/lib/keys/save-key";
import { setKeyState } from "@/lib/keys/set-state";
import { undoReplace } from "@/lib/keys/undo-replace";
import { verifyKeyHistory } from "@/lib/keys/verify-key-history";
import { withStoredKey } from "@/lib/keys/with-key";
import { testDatabase } from "../../support/database";
import { newKey } from "../../support/openrouter-upstream";
import { makeUser } from "../../support/people";
import { plainInfo } from "../../support/stored-keys";

const db = await testDatabase();
/** The embedded database does one thing at a time, so there is less to find. */
const runs = Number(process.env.RACE_RUNS ?? (inject("database").templateUrl ? 100 : 20));
const BLOCK = 5;
const blocks = Array.from({ length: runs / BLOCK }, (_, n) => n * BLOCK + 1);
const OPS = 12;
const provider = "openrouter";

type Op = { kind: string; from: number; until: number; key?: string; done: boolean };

/** The same numbers for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lets a dozen changes and uses of one user's key loose on each other, and tells when each ran and what it saw. */
async function race(seed: number): Promise<{ userId: string; ops: Op[]; uses: number }> {
  const next = random(seed);
  const { id: userId } = await makeUser(db);
  const keys = [newKey(), newKey(), newKey()];
  const owner = { userId, provider } as const;
  let [clock, uses] = [0, 0];
  const save = (apiKey: string) =>
    saveKey({ ...owner, apiKey, info: plainInfo, action: next() < 0.5 ? "key_saved" : "openrouter_connected" });
  const kinds: Record<string, () => Promise<string | boolean | undefined>> = {
    save: async () => {
      const apiKey = keys[Math.floor(next() * keys.length)] ?? newKey();
      await save(apiKey);
      return apiKey;
    },
    undo: async () => Boolean(await undoReplace(owner)),
    deactivate: async () => void (await deactivateKey(owner)),
    lock: async () => void (await deactivateAllKeys({ userId })),
    remove: () => removeKey(owner),
    refuse: () =>
      withStoredKey(owner, async (_, lent) => void (await setKeyState({ ...owner, ...lent, state: "invalid" }))),
    use: () =>
      withStoredKey(owner, async (apiKey, { keyId }) => {
        noteUse({ userId, keyId });
        uses += 1;
        if (next() < 0.3) await writeUses();
        return apiKey;
      }),
  };
  const bag = ["save", "save", "save", "undo", "undo", "use", "use", "use", "deactivate", "lock", "remove", "refuse"];
  await save(keys[0] ?? "");
  const ops: Op[] = [{ kind: "save", from: clock++, until: clock++, key: keys[0], done: true }];
  const plan = Array.from({ length: OPS }, () => ({
    kind: bag[Math.floor(next() * bag.length)] ?? "use",
    afterMs: next() * 8,
  }));
  await Promise.all(
    plan.map(async ({ kind, afterMs }) => {
      await wait(afterMs);
      const from = clock++;
      const result = await kinds[kind]?.().catch((error: unknown) => {
        if (isAppError(error) && ["not_found", "no_key"].includes(error.code)) return false;
        throw error;
      });
      const key = typeof result === "string" ? result : undefined;
      ops.push({ kind, from, until: clock++, key, done: result !== false });
    }),
  );
  await writeUses();
  return { userId, ops, uses };
}

type State = { is: "none" | "active" | "inactive"; keyId?: unknown; hash?: unknown; before?: unknown };

/** What the log says happened; a step that cannot follow from the one before is a fault. */
async function replay(userId: string): Promise<State & { changes: number }> {
  const events = await db
    .select()
    .from(auditEvents)
    .where(eq(auditEvents.userId, userId))
    .orderBy(asc(auditEvents.seq));
  let [state, changes]: [State, number] = [{ is: "none" }, 0];
  let isUsable = true;
  for (const { action, detail } of events) {
    const { keyId, hash, undo, deactivated } = detail as Record<string, unknown>;
    if (action === "key_rejected") {
      isUsable = false;
      continue;
    }
    changes += 1;
    if (state.is !== "none") expect(keyId, `${action} of the row there is`).toBe(state.keyId);
    if (action === "key_removed") {
      expect(state.is).not.toBe("none");
      if (deactivated) expect(state.is).toBe("active");
      state = deactivated ? { is: "inactive", keyId } : { is: "none" };
    } else if (undo) {
      expect([state.is, state.before]).toEqual(["active", hash]);
      state = { is: "active", keyId, hash };
      isUsable = true;
    } else {
      const isOther = state.is === "active" && state.hash !== hash;
      const before = isOther ? (isUsable ? state.hash : undefined) : state.before;
      state = { is: "active", keyId, hash, before };
      isUsable = true;
    }
  }
  return { ...state, changes };
}

it.each(blocks)(
  "S67: in seeded races of saving, undoing, wiping and using from %i on, every invariant holds",
  async (first) => {
    await keyring();
    for (let seed = first; seed < first + BLOCK; seed++) {
      const { userId, ops, uses } = await race(seed);
      const at = `seed ${seed}`;
      const rows = await db.select().from(userApiKeys).where(eq(userApiKeys.userId, userId));
      const [kept] = await db.select().from(replacedKeys).where(eq(replacedKeys.userId, userId));
      expect(rows.length, at).toBeLessThanOrEqual(1);
      const [row] = rows;

      // What is there is what the log ends with, and the log has one event for each change.
      const told = await replay(userId);
      expect(told.is, at).toBe(row === undefined ? "none" : row.encryptedKey === null ? "inactive" : "active");
      expect(row?.keyHash ? eventHash(row.keyHash) : undefined, at).toBe(told.hash);
      expect(kept?.keyHash ? eventHash(kept.keyHash) : undefined, at).toBe(told.before);
      const certain = ops.filter(({ kind, done }) => done && ["save", "undo", "remove"].includes(kind)).length;
      const wipes = ops.filter(({ kind }) => kind === "deactivate" || kind === "lock").length;
      expect(told.changes, at).toBeGreaterThanOrEqual(certain);
      expect(told.changes, at).toBeLessThanOrEqual(certain + wipes);
      expect(await verifyKeyHistory(db, userId), at).toMatchObject({ faults: [] });
      expect((await verifyChain(db, userId)).firstBadSeq, at).toBeNull();

      // A use that began after a removal had returned can only have a key that was put there by something that had not
      // ended when the removal began.
      const removals = ops.filter(({ kind, done }) => done && ["remove", "deactivate", "lock"].includes(kind));
      for (const use of ops.filter(({ kind, key }) => kind === "use" && key !== undefined)) {
        for (const removal of removals.filter(({ until }) => until < use.from)) {
          const source = ops.some(
            ({ kind, key, from, until, done }) =>
              done &&
              (kind === "undo" || (kind === "save" && key === use.key)) &&
              until > removal.from &&
              from < use.until,
          );
          expect(source, `${at}: a key is used after it was removed`).toBe(true);
        }
      }

      // Counts never exceed the uses, and day and key agree unless the key was deleted in between.
      const [day] = await db.select().from(keyUseDays).where(eq(keyUseDays.userId, userId));
      expect(day?.uses ?? 0, at).toBe(row?.usageCount ?? 0);
      expect(row?.usageCount ?? 0, at).toBeLessThanOrEqual(uses);
      if (!ops.some(({ kind, done }) => kind === "remove" && done)) expect(row?.usageCount, at).toBe(uses);
    }
  },
);
