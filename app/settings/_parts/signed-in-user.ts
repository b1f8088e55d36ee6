import { redirect } from "next/navigation";
import { currentUser } from "@/lib/auth/current-user";

/** Who looks at this settings page; the signed-out go to sign in and come back to it. */
export async function signedInUser(path: string) {
  const user = await currentUser();
  if (!user) redirect(`/sign-in?callbackUrl=${encodeURIComponent(path)}`);
  return user;
}
