import { listAttachments } from "@/lib/attachments/list-own";
import { readAttachments } from "@/lib/attachments/read";
import { listEvents } from "@/lib/audit/list";
import { record } from "@/lib/audit/record";
import { accountFacts } from "@/lib/auth/account-facts";
import { sumCallsByModel } from "@/lib/calls/sum-by-model";
import { exportJson, portableHeads } from "@/lib/conversations/export-json";
import { sumUsage } from "@/lib/conversations/sum-usage";
import { db } from "@/lib/db/client";
import { listKeys } from "@/lib/keys/list-keys";
import { listUses } from "@/lib/keys/list-uses";
import { getPreferences } from "@/lib/preferences/get-preferences";
import { jsonArray, type ZipEntry, zip } from "./zip";

const AUDIT_PAGE = 100;

type Caller = { userId: string; address?: string; userAgent?: string };

/**
 * Everything that an account holds as one zip archive, streamed: conversations, settings, usage and the security log.
 * Never a key: of each, only what its owner sees of it.
 */
export async function exportAccount(caller: Caller): Promise<AsyncGenerator<Uint8Array>> {
  await record(await db(), { ...caller, action: "account_exported" });
  return zip(filesOf(caller.userId));
}

async function* filesOf(userId: string): AsyncGenerator<ZipEntry> {
  yield { name: "README.txt", pieces: once(README) };
  yield { name: "account.json", pieces: json(() => accountFacts(userId)) };
  yield { name: "settings.json", pieces: json(() => settingsOf(userId)) };
  yield { name: "usage.json", pieces: json(() => usageOf(userId)) };
  yield { name: "security-log.json", pieces: jsonArray(eventsOf(userId)) };
  yield { name: "conversations.json", pieces: jsonArray(conversationsOf(userId)) };
  for await (const { id, name } of listAttachments(userId)) {
    yield { name: `files/${id}-${name.replaceAll("/", "_")}`, pieces: bytesOf(userId, id) };
  }
}

const README = `This is everything that your account holds, as of the day it was made.

account.json        who you are here, how you sign in, which browsers are signed in
settings.json       your preferences, and what is known of your keys: never a key itself
usage.json          what chats, and calls beside them, came to by day, model and who paid (USD); uses of each key by day
security-log.json   the security log of the account, newest first
conversations.json  every conversation with all versions of its messages; it can be imported again
files/              what you sent along, under the ids that conversations.json names
`;

async function settingsOf(userId: string) {
  const [preferences, keys] = await Promise.all([getPreferences(userId), listKeys(userId)]);
  return { preferences, keys };
}

async function usageOf(userId: string) {
  const [chats, others, keys] = await Promise.all([sumUsage(userId), sumCallsByModel(userId), listKeys(userId)]);
  const keyUses = await Promise.all(
    keys.map(async ({ provider }) => ({ provider, ...(await listUses({ userId, provider })) })),
  );
  return { chats, others, keyUses };
}

async function* eventsOf(userId: string): AsyncGenerator<AsyncIterable<string>> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { items, nextCursor } = await listEvents({ userId, limit: AUDIT_PAGE, cursor });
    for (const event of items) yield once(JSON.stringify(event));
    cursor = nextCursor;
  }
}

async function* conversationsOf(userId: string): AsyncGenerator<AsyncIterable<string>> {
  for await (const head of portableHeads(userId)) yield exportJson(userId, head);
}

/** One file at a time; one that was deleted meanwhile is empty. */
async function* bytesOf(userId: string, id: string): AsyncGenerator<Uint8Array> {
  for (const { bytes } of await readAttachments({ ids: [id], userId })) yield bytes;
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
async function* json(read: () => Promise<unknown>): AsyncGenerator<string> {
  yield `${JSON.stringify(await read(), null, 1)}\n`;
}
