import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { verifyChain } from "@/lib/audit/verify";
import { changeKeys } from "@/lib/cli/bench/key-changes";
import { connection } from "@/lib/db/client";
import { keyring } from "@/lib/keyring/open-keyring";
import { rotateKeys } from "@/lib/keys/rotate-keys";
import { verifyKeyHistory } from "@/lib/keys/verify-key-history";
import { verifyKeys } from "@/lib/keys/verify-keys";
import { testDatabase } from "../../support/database";
import { storeKeys } from "../../support/many-keys";

const db = await testDatabase();

it("S17 hundreds of savings, undoings, deactivations and removals while one rotation follows the other: 0 lost, 0 back from the dead", async () => {
  const isPostgres = (await connection()).kind === "postgres";
  const people = await storeKeys(db, 200);
  const before = await (await keyring()).activeKid();
  let isOver = false;
  const changes = changeKeys(db, people.slice(0, 40), {
    operations: isPostgres ? 500 : 200,
    seed: 17,
    width: 4,
  });
  changes.finally(() => {
    isOver = true;
  });
  const rotations = { count: 0, resealed: 0, changedMeanwhile: 0 };
  while (!isOver) {
    const { rows, undecryptable } = await rotateKeys({ data: true, dryRun: false }, { batchRows: 20 });
    expect(undecryptable).toEqual([]);
    rotations.count += 1;
    rotations.resealed += rows.resealed;
    rotations.changedMeanwhile += rows.changedMeanwhile;
    await delay(1);
  }
  expect(await changes).toMatchObject({ lost: 0, resurrected: 0 });
  // The embedded database has one connection: there the whole rotation stands in one queue with the changes.
  expect(rotations.count).toBeGreaterThan(isPostgres ? 1 : 0);
  expect(rotations.resealed).toBeGreaterThan(100);
  expect(await (await keyring()).activeKid()).not.toBe(before);
  expect((await verifyKeys()).undecryptable).toEqual([]);
  for (const { userId } of people.slice(0, 40)) {
    expect((await verifyChain(db, userId)).firstBadSeq, userId).toBeNull();
    expect((await verifyKeyHistory(db, userId)).faults).toEqual([]);
  }
}, 120_000);
