import { randomUUID } from "node:crypto";
import { Fault } from "./root.mjs";
import { signIn, visitor } from "./visitor.mjs";

export const DEMO_USER = { email: "demo@chatelaine.example", password: "keys-on-a-ring-42", name: "Demo" };

const QUESTIONS = [
  "What is a chatelaine?",
  "Explain to a ten-year-old why the sky is blue.",
  "Plan a weekend in Lisbon for two people who like books and trams.",
];

/**
 * Makes the demo user and asks the first questions, through the app's own doors. Does nothing the second time.
 *
 * @param {string} app origin
 */
export async function seedDemo(app) {
  const browser = visitor(app);
  const registered = await browser.post("/api/auth/register", DEMO_USER);
  if (![201, 409].includes(registered.status)) throw failure("register the demo user", registered);
  await signIn(browser, DEMO_USER);
  const { items } = await (await browser.get("/api/conversations?limit=1")).json();
  if (items?.length > 0) return;
  for (const text of QUESTIONS) {
    const message = { id: randomUUID(), role: "user", parts: [{ type: "text", text }] };
    const answer = await browser.post("/api/chat", { id: randomUUID(), message });
    await answer.text(); // the conversation is stored when the stream has ended
    if (!answer.ok) throw failure("ask the demo's questions", answer);
  }
}

/** @param {string} what @param {Response} response */
const failure = (what, response) => new Fault(`Could not ${what}: the app answered ${response.status}.`);
