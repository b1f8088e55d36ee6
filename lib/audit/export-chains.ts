import { and, asc, eq, gt } from "drizzle-orm";
import type { DbOrTx } from "@/lib/db/client";
import { auditEvents } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { digestOf, type Head, signClosing, signHead } from "./head";
import { listAccounts } from "./list-accounts";

const BATCH_ROWS = 500;

/**
 * The accounts' events and signed heads as lines of JSON, to be kept where nobody who can write to the database can:
 * `{"type":"event",…}` for each event, `{"type":"head",…}` after each account, `{"type":"end",…}` at the end.
 *
 * @param userId one account; otherwise all.
 */
export async function* exportChains(
  db: DbOrTx,
  userId?: string,
  now: () => Date = () => new Date(),
): AsyncGenerator<string> {
  const ring = await keyring();
  const signatures: string[] = [];
  let events = 0;
  for (const owner of userId === undefined ? await listAccounts(db) : [userId]) {
    let last: Pick<Head, "seq" | "mac"> | undefined;
    for await (const event of eventsOf(db, owner)) {
      events += 1;
      last = event;
      yield line("event", event);
    }
    if (!last) continue;
    const head = signHead(ring, { userId: owner, seq: last.seq, mac: last.mac, at: now().toISOString() });
    signatures.push(head.signature);
    yield line("head", head);
  }
  const digest = digestOf(signatures);
  yield line("end", signClosing(ring, { accounts: signatures.length, events, at: now().toISOString(), digest }));
}

const line = (type: "event" | "head" | "end", content: object) => `${JSON.stringify({ type, ...content })}\n`;

async function* eventsOf(db: DbOrTx, userId: string) {
  for (let after: number | undefined; ; ) {
    const rows = await db
      .select()
      .from(auditEvents)
      .where(and(eq(auditEvents.userId, userId), after === undefined ? undefined : gt(auditEvents.seq, after)))
      .orderBy(asc(auditEvents.seq))
      .limit(BATCH_ROWS);
    yield* rows;
    after = rows.at(-1)?.seq;
    if (rows.length < BATCH_ROWS) return;
  }
}
