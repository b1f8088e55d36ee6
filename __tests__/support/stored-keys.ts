import { and, eq, sql } from "drizzle-orm";
import { expect } from "vitest";
import type { Db } from "@/lib/db/client";
import { auditEvents, userApiKeys } from "@/lib/db/schema";
import { saveKey } from "@/lib/keys/save-key";
import type { KeyInfo } from "@/lib/providers/openrouter-key";
import type { Provider } from "@/lib/providers/provider";
import { newKey } from "./openrouter-upstream";

export const plainInfo: KeyInfo = {
  label: "Chatelaine",
  limit: null,
  limitRemaining: null,
  limitReset: null,
  usage: { total: "0", daily: "0", weekly: "0", monthly: "0" },
  isFreeTier: false,
  expiresAt: null,
};

/** Stores a fresh key for a user, as connecting does. */
export async function storeKey(
  userId: string,
  { apiKey = newKey(), provider = "openrouter" as Provider, info = {} as Partial<KeyInfo> } = {},
) {
  const row = await saveKey({
    userId,
    provider,
    apiKey,
    info: { ...plainInfo, ...info },
    action: "openrouter_connected",
  });
  return { apiKey, row };
}

/** Changes a stored row behind the app's back, as an attacker or a mishap would. */
export async function tamper(db: Db, userId: string, change: Partial<typeof userApiKeys.$inferInsert>) {
  await db.update(userApiKeys).set(change).where(eq(userApiKeys.userId, userId));
}

export async function rawKey(db: Db, userId: string, provider: Provider = "openrouter") {
  const [row] = await db
    .select()
    .from(userApiKeys)
    .where(and(eq(userApiKeys.userId, userId), eq(userApiKeys.provider, provider)));
  return row;
}

/** Actions in a user's security log, oldest first. */
export async function audited(db: Db, userId: string): Promise<string[]> {
  const rows = await db
    .select({ action: auditEvents.action })
    .from(auditEvents)
    .where(eq(auditEvents.userId, userId))
    .orderBy(auditEvents.seq);
  return rows.map(({ action }) => action);
}

/** A text has no run of 8 characters of the key's random part, in clear or in base64. */
export function expectNoTrace(text: string, apiKey: string) {
  const secret = apiKey.replace(/^sk-or-v1-/, "");
  for (let at = 0; at + 8 <= secret.length; at++) {
    if (text.includes(secret.slice(at, at + 8)))
      expect.fail(`characters ${at} to ${at + 8} of the key are in the text`);
  }
  for (let shift = 0; shift < 3; shift++) {
    const encoded = Buffer.from("x".repeat(shift) + secret)
      .toString("base64")
      .slice(4, 40);
    expect(text.includes(encoded), "the key is in the text in base64").toBe(false);
  }
}

/** Every row of every table, as text. */
export async function dump(db: Db): Promise<string> {
  const tables = [
    "users",
    "sessions",
    "user_api_keys",
    "connect_attempts",
    "audit_events",
    "data_keys",
    "rate_limits",
    "replaced_keys",
  ];
  const rows = [];
  for (const table of tables)
    rows.push(await db.execute(sql.raw(`select row_to_json(t)::text as row from ai.${table} t`)));
  return JSON.stringify(rows);
}
