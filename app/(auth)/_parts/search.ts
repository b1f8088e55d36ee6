import { redirect } from "next/navigation";
import { currentUser } from "@/lib/auth/current-user";
import { safePath } from "@/lib/client/account";
import { parseSignInFailure, type SignInFailure } from "@/lib/openrouter/sign-in-outcome";

export type Search = Promise<Record<string, string | string[] | undefined>>;

type Read = { callbackUrl: string; error: string | undefined; openRouterFailure: SignInFailure | undefined };

/** Where to go after signing in, and what went wrong before. Whoever is signed in already goes there at once. */
export async function readSearch(search: Search): Promise<Read> {
  const { callbackUrl, error, openrouter } = await search;
  const path = safePath(pathOf(first(callbackUrl)));
  if (await currentUser()) redirect(path);
  return { callbackUrl: path, error: first(error), openRouterFailure: parseSignInFailure(openrouter) };
}

const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** next-auth hands the address on in full. Only its path counts, so another host in it leads nowhere. */
function pathOf(address: string | undefined): string | undefined {
  if (!address || !/^https?:\/\//i.test(address) || !URL.canParse(address)) return address;
  const { pathname, search } = new URL(address);
  return pathname + search;
}
