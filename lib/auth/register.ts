import { db } from "@/lib/db/client";
import { users } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";
import type { Alongside } from "./account-log";
import { hashPassword } from "./password";
import { roleOf } from "./role";

/** @throws AppError `forbidden` while registration is closed, `email_taken`, `rate_limited`. */
export async function register(
  input: { email: string; password: string; name?: string | undefined },
  alongside?: Alongside,
) {
  if (env().REGISTRATION === "closed") {
    throw new AppError("forbidden", "Registration is closed here. No account was made. Ask whoever runs this site.");
  }
  const passwordHash = await hashPassword(input.password); // before the look-up, so that both ways take as long
  const user = await (await db()).transaction(async (tx) => {
    const [made] = await tx
      .insert(users)
      .values({ email: input.email, name: input.name, passwordHash })
      .onConflictDoNothing()
      .returning({
        id: users.id,
        email: users.email,
        name: users.name,
        role: users.role,
        createdAt: users.createdAt,
      });
    if (made) await alongside?.(tx, made.id);
    return made;
  });
  if (!user) {
    throw new AppError("email_taken", "There is an account with this e-mail address. Sign in, or use another address.");
  }
  return { ...user, role: roleOf(user) };
}
