import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { closeConnection, db } from "@/lib/db/client";

/**
 * Fills the database the environment names. Arguments: `long EMAIL CONVERSATION COUNT` writes one conversation of so
 * many messages; `foreign EMAIL COUNT` writes messages of other people, 500 a conversation.
 */
const [what = "", ...args] = process.argv.slice(2);
const TEXT = "The ring at the keeper's belt held a key for every door, and none of them opened two. ".repeat(8);
const parts = JSON.stringify([{ type: "text", text: TEXT }]);
const database = await db();

if (what === "long") {
  const [email = "", conversation = "", count = "0"] = args;
  await database.execute(sql`
    insert into ai.conversations (id, user_id, title, model, last_seq)
    select ${conversation}::uuid, id, 'long', 'openrouter:openai/gpt-4o-mini', ${Number(count)}::bigint from ai.users where email = ${email}`);
  await database.execute(sql`
    insert into ai.messages (user_id, conversation_id, seq, role, parts, status)
    select u.id, ${conversation}::uuid, n, case when n % 2 = 1 then 'user' else 'assistant' end, ${parts}::text::jsonb, 'complete'
    from ai.users u, generate_series(1, ${Number(count)}::bigint) n where u.email = ${email}`);
} else {
  const [count = "0"] = args;
  const email = `others-${randomUUID()}@example.org`;
  await database.execute(sql`insert into ai.users (email) values (${email})`);
  const conversations = Math.ceil(Number(count) / 500);
  await database.execute(sql`
    insert into ai.conversations (user_id, last_seq)
    select u.id, 500 from ai.users u, generate_series(1, ${conversations}::int) where u.email = ${email}`);
  await database.execute(sql`
    insert into ai.messages (user_id, conversation_id, seq, role, parts, status)
    select c.user_id, c.id, n, case when n % 2 = 1 then 'user' else 'assistant' end, '[{"type":"text","text":"words of others"}]'::jsonb, 'complete'
    from ai.conversations c join ai.users u on u.id = c.user_id and u.email = ${email}, generate_series(1, 500) n`);
}
await database.execute(sql`analyze`);
await closeConnection();
process.exit(0); // the embedded database keeps a handle
