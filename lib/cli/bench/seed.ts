import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { closeConnection, db } from "@/lib/db/client";

/**
 * Fills the database the environment names. Arguments: `long EMAIL CONVERSATION COUNT` writes one conversation of so
 * many messages, with `rich` behind it in many forms of Markdown; `foreign EMAIL COUNT` writes messages of other people,
 * 500 a conversation.
 */
const [what = "", ...args] = process.argv.slice(2);
const TEXT = "The ring at the keeper's belt held a key for every door, and none of them opened two. ".repeat(8);
const RICH = `## Doors and keys

${TEXT}

- one **ring**
- ten \`keys\`

| door | key |
| --- | --- |
| cellar | iron |
| attic | brass |

\`\`\`ts
const key = ring.get("cellar");
if (key === undefined) throw new Error("lost");
\`\`\`

So $n$ doors need $n$ keys.`;
const parts = JSON.stringify([{ type: "text", text: args[3] === "rich" ? RICH : TEXT }]);
const database = await db();

if (what === "long") {
  const [email = "", conversation = "", count = "0"] = args;
  await database.execute(sql`
    insert into ai.conversations (id, user_id, title, model, last_seq)
    select ${conversation}::uuid, id, 'long', 'openrouter:openai/gpt-4o-mini', ${Number(count)}::bigint from ai.users where email = ${email}`);
  await database.execute(sql`
    with made as (select n, gen_random_uuid() as id from generate_series(1, ${Number(count)}::bigint) n)
    insert into ai.messages (id, parent_id, user_id, conversation_id, seq, role, parts, status)
    select made.id, lag(made.id) over (order by n), u.id, ${conversation}::uuid, n,
      case when n % 2 = 1 then 'user' else 'assistant' end, ${parts}::text::jsonb, 'complete'
    from ai.users u, made where u.email = ${email}`);
  await database.execute(sql`
    update ai.conversations set leaf_id = (select id from ai.messages where conversation_id = ${conversation}::uuid order by seq desc limit 1)
    where id = ${conversation}::uuid`);
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
