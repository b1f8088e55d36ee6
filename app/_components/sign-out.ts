"use client";
import { signOut } from "@/lib/client/account";
import { asClientError } from "@/lib/client/client-error";
import { forgetAll } from "@/lib/client/draft";
import { toast } from "./toast";

/** Ends the session and loads the sign-in page anew, so that nothing of the account stays in the page's memory. */
export async function endSession(): Promise<void> {
  try {
    await signOut();
    forgetAll();
    location.assign("/sign-in");
  } catch (error) {
    toast(`You are still signed in. ${asClientError(error).message}`, { tone: "bad" });
  }
}
