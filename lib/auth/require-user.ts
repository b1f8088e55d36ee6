import { AppError } from "@/lib/errors";
import { type CallerRequest, findCaller, type Person } from "./caller";
import type { CurrentUser } from "./session";

export type { CurrentUser };

/**
 * Who is asking, where only a person may: signed in with a browser or over REST. A personal access token may not,
 * whatever its scopes.
 *
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function requireUser(request: CallerRequest): Promise<Person> {
  const caller = await findCaller(request);
  if (caller.via !== "personal") return caller;
  throw new AppError(
    "forbidden",
    "A personal access token may not do this, whatever its scopes. Nothing was changed. Sign in to do it.",
  );
}

/**
 * The same for page visits, which come with a cookie.
 *
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function requireBrowser(request: CallerRequest): Promise<CurrentUser> {
  const person = await requireUser(request);
  if (person.via === "session") return person;
  throw new AppError("forbidden", "This is a page for a browser that is signed in. Nothing was changed.");
}
