import { Fault } from "./root.mjs";

/** A client that keeps cookies, as a page of the app would. @param {string} app */
export function visitor(app) {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  const header = () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  /** @param {string} path @param {RequestInit} [init] */
  const send = async (path, init) => {
    const cookie = header();
    const headers = { origin: new URL(app).origin, ...(cookie && { cookie }), ...init?.headers };
    const response = await fetch(app + path, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return response;
  };
  return {
    cookie: header,
    get: (/** @type {string} */ path) => send(path),
    post: (/** @type {string} */ path, /** @type {object} */ body) =>
      body instanceof URLSearchParams
        ? send(path, { method: "POST", body })
        : send(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  };
}

/** Signs in as the pages do. @param {ReturnType<typeof visitor>} browser @param {{ email: string; password: string }} account */
export async function signIn(browser, { email, password }) {
  const { csrfToken } = await (await browser.get("/api/auth/csrf")).json();
  const form = new URLSearchParams({ csrfToken, email, password, json: "true" });
  const answer = await browser.post("/api/auth/callback/credentials", form);
  const session = await (await browser.get("/api/auth/session")).json();
  if (!session?.user) throw new Fault(`Could not sign in: the app answered ${answer.status}.`);
}
