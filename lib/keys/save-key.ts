import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { record } from "@/lib/audit/record";
import { db, type Tx } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { keyring } from "@/lib/keyring/open-keyring";
import type { KeyInfo } from "@/lib/providers/openrouter-key";
import { eventHash } from "./event-hash";
import type { KeyOwner } from "./find-key";
import { publicColumns } from "./find-key";
import { infoColumns, uncheckedColumns } from "./key-info-columns";
import { sealContext } from "./open-key";
import { keyHint, safeLabel, type UserApiKey } from "./user-api-key";

export type KeyToSave = KeyOwner & {
  /** 20 to 512 visible ASCII characters, already accepted by the provider. */
  apiKey: string;
  /** What the provider said of it; undefined for a key that nobody has asked about yet. */
  info: KeyInfo | undefined;
  /** `openrouter_connected` for a key that came by OAuth, `key_saved` for one that was pasted. */
  action: "openrouter_connected" | "key_saved";
  address?: string;
  userAgent?: string;
  /** Leaves a key alone that is there already. */
  onlyIfAbsent?: boolean;
  /** Runs in the same transaction, before anything else: makes the account when there is none yet. */
  beforehand?: (tx: Tx) => Promise<void>;
  /** Runs in the same transaction, after the key is stored: what it throws undoes the saving. */
  alongside?: (tx: Tx) => Promise<void>;
};

/** Any fixed number: keeps these locks apart from other advisory locks. */
const LOCK_SPACE = 7_240_273;

/**
 * Seals a key and stores it as the user's one key of the provider, in place of an earlier one; the audit event is
 * written in the same transaction. The row keeps its id, and `key_set_at` changes only when the key is another one.
 *
 * @throws AppError `conflict` when the row was replaced by hand meanwhile, or is there and must not be
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
    // Savings of one key queue up before anything else is locked. Row locks alone cannot do that while there is no row
    // yet, and a writer that finds none would then wait for one that waits for its data key.
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_SPACE}, hashtext(${`${userId} ${provider}`}))`);
    const owner = and(eq(userApiKeys.userId, userId), eq(userApiKeys.provider, provider));
    const [existing] = await tx.select({ id: userApiKeys.id }).from(userApiKeys).where(owner).for("update");
    if (existing && key.onlyIfAbsent)
      throw new AppError("conflict", "There is a key already, and it was left as it is.");
    const id = existing?.id ?? randomUUID(); // the ciphertext is bound to it
    const sealed = await ring.seal(apiKey, sealContext({ id, userId, provider }), tx);
    const columns = {
      encryptedKey: sealed.text,
      encryptionKeyId: sealed.kid,
      keyHash: hash,
      keyHint: keyHint(apiKey),
      keyLabel: safeLabel(info?.label ?? null, apiKey),
      ...(action === "openrouter_connected" ? { connectedAt: sql`now()` } : {}),
      ...(info ? infoColumns(info) : uncheckedColumns),
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
