import { createHash, randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import type { Connection } from "@/lib/db/client";
import { migrateEmbedded } from "@/lib/db/migrate";
import { keyring } from "@/lib/keyring/open-keyring";

// A process whose memory can be searched: it seals and opens keys that it makes itself out of a seed, so that whoever
// searches knows them without having told them to it. Each line on stdin names the next step.

const [, , seed = "", count = ""] = process.argv;
const place = {
  purpose: "user_api_keys.encrypted_key",
  provider: "openrouter",
  endpointOrigin: "https://openrouter.ai",
};
/** Both ends of the random part are the mark that is searched for. */
const keyAt = (at: number) => {
  const mark = createHash("sha256").update(seed).digest("hex").slice(0, 16);
  return `sk-or-v1-${mark}${createHash("sha256").update(`${seed} ${at}`).digest("hex").slice(0, 32)}${mark}`;
};

const client = await PGlite.create();
const db = drizzle(client) as unknown as Connection["db"];
await migrateEmbedded({ db });
const connection: Connection = { db, kind: "embedded", close: () => client.close() };
(globalThis as { __chatelaineDb?: Promise<Connection> }).__chatelaineDb = Promise.resolve(connection);

async function sealAndOpen(at: number): Promise<string> {
  const ring = await keyring();
  const context = { ...place, rowId: randomUUID(), userId: randomUUID() };
  const { text } = await ring.seal(keyAt(at), context);
  return ring.open(text, context);
}

let held: string[] | undefined;
const steps: Record<string, () => Promise<void>> = {
  async use() {
    held = [];
    for (let at = 0; at < Number(count); at++) held.push(await sealAndOpen(at));
  },
  async forget() {
    held = undefined;
    for (let round = 0; round < 2; round++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      // Compacts: what an ordinary collection frees stays readable until it is written over (SECURITY.md).
      globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
    }
  },
};
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  await steps[line]?.();
  console.log("done");
}
