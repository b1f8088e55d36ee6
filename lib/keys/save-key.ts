import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { record } from "@/lib/audit/record";
import { db, type Tx } from "@/lib/db/client";
import { replacedKeys, userApiKeys } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { keyring } from "@/lib/keyring/open-keyring";
import type { KeyInfo } from "@/lib/providers/openrouter-key";
import { eventHash } from "./event-hash";
import type { KeyOwner } from "./find-key";
import { publicColumns } from "./find-key";
import { checkColumns, infoColumns, type UsableCheck, uncheckedColumns } from "./key-info-columns";
import type { KeySettings } from "./key-settings";
import { isPassing } from "./key-state";
import { lockKey } from "./lock-key";
import { checkedNextDay } from "./next-check";
import { sealContext } from "./open-key";
import { type KeyState, keyHint, safeLabel, type UserApiKey } from "./user-api-key";

export type KeyToSave = KeyOwner & {
  /** 20 to 512 visible ASCII characters, already accepted by the provider. */
  apiKey: string;
  /** What the provider said of it; undefined for a key that nobody has asked about yet. */
  info: KeyInfo | undefined;
  /** What a check said of it, of whichever provider; counts before `info`. */
  check?: UsableCheck;
  /** Put in place of the settings there are. */
  settings?: KeySettings;
  /** `openrouter_connected` for a key that came by OAuth, `key_saved` for one that was pasted. */
  action: "openrouter_connected" | "key_saved";
  address?: string;
  userAgent?: string;
  /** Leaves a key alone that is there already. */
  onlyIfAbsent?: boolean;
  /** The row that held a key when all this began: when that key was removed since, the new one is not stored. */
  onlyIfStill?: string;
  /** Runs in the same transaction, before anything else: makes the account when there is none yet. */
  beforehand?: (tx: Tx) => Promise<void>;
  /** Runs in the same transaction, after the key is stored: what it throws undoes the saving. */
  alongside?: (tx: Tx) => Promise<void>;
};

/**
 * Seals a key and stores it as the user's one key of the provider, in place of an earlier one, which can be put back for
 * 15 minutes; the audit event is written in the same transaction. The row keeps its id, and `key_set_at` changes only
 * when the key is another one.
 *
 * @throws AppError `conflict` when the row was replaced by hand meanwhile, is there and must not be, or was removed
 */
export async function saveKey(key: KeyToSave): Promise<UserApiKey> {
  const { userId, provider, apiKey, info, action, address, userAgent, alongside } = key;
  const ring = await keyring(); // before the transaction: the embedded database has one connection
  const hash = ring.hash(provider, apiKey);
  return await (await db()).transaction(async (tx) => {
    await key.beforehand?.(tx);
    const row = await upsert(tx);
    const detail = { keyId: row.id, hash: eventHash(hash) };
    await alongside?.(tx);
    await record(tx, { userId, action, provider, detail, address, userAgent });
    return row;
  });

  async function upsert(tx: Tx): Promise<UserApiKey> {
    await lockKey(tx, key);
    const owner = and(eq(userApiKeys.userId, userId), eq(userApiKeys.provider, provider));
    const [existing] = await tx.select(replacedColumns).from(userApiKeys).where(owner).for("update");
    if (existing && key.onlyIfAbsent)
      throw new AppError("conflict", "There is a key already, and it was left as it is.");
    if (key.onlyIfStill !== undefined && (existing?.keyId !== key.onlyIfStill || existing.encryptedKey === null)) {
      const sentence = "Your key was removed while the new one was being checked, so the new one was not stored.";
      throw new AppError("conflict", `${sentence} Save it again if you still want it.`);
    }
    if (existing) await keepReplaced(tx, key, existing, hash);
    const id = existing?.keyId ?? randomUUID(); // the ciphertext is bound to it
    const sealed = await ring.seal(apiKey, sealContext({ id, userId, provider }), tx);
    const columns = {
      encryptedKey: sealed.text,
      encryptionKeyId: sealed.kid,
      keyHash: hash,
      keyHint: keyHint(apiKey),
      keyLabel: safeLabel((key.check?.info ?? info)?.label ?? null, apiKey),
      connectedAt: action === "openrouter_connected" ? sql`now()` : null,
      ...columnsOf(key),
      ...(key.settings ? { settings: key.settings } : {}),
      nextCheckAt: checkedNextDay,
    };
    const [row] = await tx
      .insert(userApiKeys)
      .values({ id, userId, provider, ...columns })
      .onConflictDoUpdate({
        target: [userApiKeys.userId, userApiKeys.provider],
        set: {
          ...columns,
          keySetAt: sql`case when ${userApiKeys.keyHash} = ${hash} then ${userApiKeys.keySetAt} else now() end`,
          updatedAt: sql`now()`,
        },
        // Under another id than the one it was sealed for the key would not open.
        setWhere: and(eq(userApiKeys.userId, userId), eq(userApiKeys.id, id)),
      })
      .returning(publicColumns);
    if (row !== undefined) return row;
    throw new AppError("conflict", "Your key was changed elsewhere at the same moment. Nothing was stored; try again.");
  }
}

const columnsOf = ({ check, info }: KeyToSave) =>
  check ? checkColumns(check) : info ? infoColumns(info) : uncheckedColumns;

/** Of a stored key, by the names they have once it is replaced. */
const replacedColumns = {
  keyId: userApiKeys.id,
  encryptedKey: userApiKeys.encryptedKey,
  encryptionKeyId: userApiKeys.encryptionKeyId,
  keyHash: userApiKeys.keyHash,
  keyHint: userApiKeys.keyHint,
  keyLabel: userApiKeys.keyLabel,
  connectedAt: userApiKeys.connectedAt,
  keySetAt: userApiKeys.keySetAt,
  expiresAt: userApiKeys.expiresAt,
  state: userApiKeys.state,
  isPastExpiry: sql<boolean>`coalesce(${userApiKeys.expiresAt} <= now(), false)`,
};
type Existing = Omit<typeof replacedKeys.$inferSelect, "userId" | "provider" | "encryptedKey" | "replacedAt"> & {
  encryptedKey: string | null;
  state: KeyState;
  isPastExpiry: boolean;
};

/**
 * Keeps the ciphertext of the key that goes, as it is, for the time in which that can be undone. Not of one that could
 * not be used any more, nor when the same key is saved again.
 */
async function keepReplaced(tx: Tx, { userId, provider }: KeyOwner, existing: Existing, newHash: string) {
  const { state, isPastExpiry, encryptedKey, ...row } = existing;
  if (row.keyHash === newHash) return;
  await tx.delete(replacedKeys).where(and(eq(replacedKeys.userId, userId), eq(replacedKeys.provider, provider)));
  const isUsable = (state === "active" || isPassing(state)) && !isPastExpiry;
  // Without a hash (the plain form of an older system) nobody can say whether it is another key.
  if (encryptedKey === null || row.keyHash === null || !isUsable) return;
  await tx.insert(replacedKeys).values({ ...row, userId, provider, encryptedKey });
}
