import { cookies } from "next/headers";
import { cache } from "react";
import { type CurrentUser, findSession } from "./session";
import { readSessionToken } from "./session-token";

/** Who is looking at the page, with the same checks as `requireUser`; asked once a render, however many ask. */
export const currentUser = cache(async (): Promise<CurrentUser | null> => {
  const token = await readSessionToken((await cookies()).getAll());
  return (token && (await findSession(token))) ?? null;
});
