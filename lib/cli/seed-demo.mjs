import { randomUUID } from "node:crypto";
import { Fault } from "./root.mjs";

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
  await signIn(browser);
  const { items } = await (await browser.get("/api/conversations?limit=1")).json();
  if (items?.length > 0) return;
  for (const text of QUESTIONS) {
    const message = { id: randomUUID(), role: "user", parts: [{ type: "text", text }] };
    const answer = await browser.post("/api/chat", { id: randomUUID(), message });
    await answer.text(); // the conversation is stored when the stream has ended
    if (!answer.ok) throw failure("ask the demo's questions", answer);
  }
}

/** @param {ReturnType<typeof visitor>} browser */
async function signIn(browser) {
  const { csrfToken } = await (await browser.get("/api/auth/csrf")).json();
  const form = new URLSearchParams({ csrfToken, email: DEMO_USER.email, password: DEMO_USER.password, json: "true" });
  const answer = await browser.post("/api/auth/callback/credentials", form);
  const session = await (await browser.get("/api/auth/session")).json();
  if (!session?.user) throw failure("sign the demo user in", answer);
}

/** A client that keeps cookies, as a page of the app would. @param {string} app */
function visitor(app) {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  /** @param {string} path @param {RequestInit} [init] */
  const send = async (path, init) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { origin: new URL(app).origin, ...(cookie && { cookie }), ...init?.headers };
    const response = await fetch(app + path, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return response;
  };
  return {
    get: (/** @type {string} */ path) => send(path),
    post: (/** @type {string} */ path, /** @type {object} */ body) =>
      body instanceof URLSearchParams
        ? send(path, { method: "POST", body })
        : send(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  };
}

/** @param {string} what @param {Response} response */
const failure = (what, response) => new Fault(`Could not ${what}: the app answered ${response.status}.`);
