import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { asAdmin, testDatabase } from "@/__tests__/support/database";
import { makeUser } from "@/__tests__/support/people";
import { exportChains } from "@/lib/audit/export-chains";
import { gather, writeGathered } from "@/lib/audit/gather";
import { listEvents } from "@/lib/audit/list";
import { readExport } from "@/lib/audit/read-export";
import { record } from "@/lib/audit/record";
import { recordMany } from "@/lib/audit/record-many";
import { signHeads } from "@/lib/audit/sign-heads";
import { verifyAccounts } from "@/lib/audit/verify-accounts";
import { examineAuditRights } from "@/lib/cli/examine";
import { type Connection, db as openDb, openPostgres, rowsOf, sqlState } from "@/lib/db/client";
import { migratePostgres } from "@/lib/db/migrate";
import { auditEvents, users } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { consume } from "@/lib/rate-limit/consume";

// The statements of docs/operating.md, to the letter but for the name of the role.

const { templateUrl } = inject("database");
const page = readFileSync(join(import.meta.dirname, "../../../docs/operating.md"), "utf8");
const grants = /```sql\n([^`]+)```/.exec(page)?.[1] ?? "";
const role = `app_${randomBytes(8).toString("hex")}`;

describe.skipIf(!templateUrl)("S69: under the role of docs/operating.md", async () => {
  const owner = templateUrl ? await testDatabase() : undefined;
  const shared = globalThis as { __chatelaineDb?: Promise<Connection> };
  let ownersConnection: Promise<Connection> | undefined;
  let url: URL;

  beforeAll(async () => {
    if (!owner) return;
    await keyring(); // made by the first start, which is the owner's
    const [row] = rowsOf<{ name: string }>(await owner.execute(sql`select current_database() as name`));
    for (const statement of grants.split(";").filter((text) => text.trim())) {
      await owner.execute(sql.raw(statement.replaceAll("chatelaine_app", role)));
    }
    url = new URL(String(templateUrl));
    [url.pathname, url.username, url.password] = [`/${row?.name}`, role, "CHANGE ME"];
    ownersConnection = shared.__chatelaineDb;
    shared.__chatelaineDb = openPostgres(url.href);
  });
  afterAll(async () => {
    await (await shared.__chatelaineDb)?.close();
    shared.__chatelaineDb = ownersConnection;
    await owner?.execute(sql.raw(`drop owned by ${role}`));
    await asAdmin(String(templateUrl), `drop role ${role}`);
  });

  it("a start finds nothing to migrate", () => migratePostgres(url.href));

  it("events are recorded, gathered, listed, exported, signed and verified", async () => {
    const db = await openDb();
    const { id: userId } = await makeUser(db);
    await record(db, { userId, action: "signed_in" });
    await db.transaction((tx) => recordMany(tx, [{ userId, action: "key_rotated", provider: "openai" }]));
    gather({ userId, action: "key_used", provider: "openai" });
    await writeGathered();
    const { items } = await listEvents({ userId });
    expect(items.map(({ action }) => action)).toEqual(["key_used", "key_rotated", "signed_in"]);
    expect(await signHeads({ print: () => {} })).toBe(1);
    const exported = await readExport(await Array.fromAsync(exportChains(db)));
    expect(exported.faults).toEqual([]);
    expect((await verifyAccounts(db, { exported })).faults).toEqual([]);
  });

  it("an account can be deleted, and its log outlives it", async () => {
    const db = await openDb();
    const { id: userId } = await makeUser(db);
    await db.transaction(async (tx) => {
      await tx.delete(users).where(eq(users.id, userId));
      await record(tx, { userId, action: "account_deleted" });
    });
    expect((await listEvents({ userId })).items.map(({ action }) => action)).toEqual(["account_deleted"]);
  });

  it("limits are counted", async () => {
    expect(await consume("connect", role)).toMatchObject({ remaining: 9 });
  });

  it.each([
    ["changing", sql`update ${auditEvents} set action = 'signed_out'`],
    ["deleting", sql`delete from ${auditEvents}`],
    ["emptying", sql`truncate ${auditEvents}`],
    ["locking the row for a change", sql`select 1 from ${auditEvents} for update`],
    [
      "overwriting by an insert",
      sql`insert into ${auditEvents} select * from ${auditEvents}
      on conflict (user_id, seq) do update set action = 'signed_out'`,
    ],
    ["dropping", sql`drop table ${auditEvents}`],
    [
      "a trigger",
      sql`create trigger bend before insert on ${auditEvents} execute function suppress_redundant_updates_trigger()`,
    ],
    ["a rule", sql`create rule bend as on insert to ${auditEvents} do instead nothing`],
    ["granting itself more", sql`grant update on ${auditEvents} to ${sql.raw(role)}`],
  ])("the database refuses %s", async (what, statement) => {
    const count = await owner?.$count(auditEvents);
    const before = await owner?.execute(
      sql`select md5(string_agg(e::text, '' order by user_id, seq)) from ${auditEvents} e`,
    );
    const error = await (await openDb()).execute(statement).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    if (what !== "granting itself more") expect(sqlState(error)).toBe("42501");
    const after = await owner?.execute(
      sql`select md5(string_agg(e::text, '' order by user_id, seq)) from ${auditEvents} e`,
    );
    expect(rowsOf(after)).toEqual(rowsOf(before));
    expect(count).toBeGreaterThan(0);
    expect((await examineAuditRights(await openDb())).detail).toContain("can add events, and change none");
  });

  it("the owner's role could change events, and the doctor says so", async () => {
    if (!owner) return;
    expect((await examineAuditRights(owner)).detail).toContain("could change events");
  });
});
