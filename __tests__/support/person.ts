import { randomUUID } from "node:crypto";
import { signIn, visitor } from "@/lib/cli/visitor.mjs";

export type Visitor = ReturnType<typeof visitor>;
export type Account = { email: string; password: string };

/** Somebody with a new account, signed in at a running app. */
export async function newPerson(url: string, account: Account): Promise<Visitor> {
  const browser = visitor(url);
  await browser.post("/api/auth/register", account);
  await signIn(browser, account);
  return browser;
}

export async function signedInAt(url: string, account: Account): Promise<Visitor> {
  const browser = visitor(url);
  await signIn(browser, account);
  return browser;
}

/** As a browser does, but for the consent page's button. */
export async function connect(browser: Visitor): Promise<void> {
  const asked = new URL((await browser.get("/api/openrouter/connect")).headers.get("location") ?? "");
  const decision = new URLSearchParams([...asked.searchParams, ["decision", "allow"]]);
  const granted = await fetch(`${asked.origin}/auth`, { method: "POST", body: decision, redirect: "manual" });
  const back = new URL(granted.headers.get("location") ?? "");
  await browser.get(back.pathname + back.search);
}

/** Sends a question in a conversation of its own. */
export function ask(browser: Visitor, text = "Does it open?"): Promise<Response> {
  const message = { id: randomUUID(), role: "user", parts: [{ type: "text", text }] };
  return browser.post("/api/chat", { id: randomUUID(), message });
}

/** Whose key paid for an answer, by what the answer itself says. */
export const payerOf = (answer: string): string | undefined => /"keySource":"(\w+)"/.exec(answer)?.[1];
