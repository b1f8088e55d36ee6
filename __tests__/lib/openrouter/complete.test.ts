import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { connectAttempts, sessions, users } from "@/lib/db/schema";
import { withStoredKey } from "@/lib/keys/with-key";
import { log, safeFields } from "@/lib/log";
import { completeConnect } from "@/lib/openrouter/complete";
import { startConnect } from "@/lib/openrouter/connect";
import { codeChallenge } from "@/lib/openrouter/pkce";
import { testDatabase } from "../../support/database";
import { json, keyInfo, newKey, openRouterUpstream } from "../../support/openrouter-upstream";
import { signedIn } from "../../support/requests";
import { audited, dump, expectNoTrace, rawKey, storeKey } from "../../support/stored-keys";

const db = await testDatabase();
const upstream = await openRouterUpstream();
const newCode = () => randomBytes(24).toString("base64url");

beforeEach(() => {
  upstream.gives(newKey());
});

/** A browser: one signed-in session and its cookie jar. */
async function browser() {
  const { id: userId, sessionId } = await signedIn(db);
  const jar = new Map<string, string>();
  const keep = (setCookies: string[]) => {
    for (const cookie of setCookies) {
      const [pair = ""] = cookie.split(";");
      const at = pair.indexOf("=");
      if (cookie.includes("Max-Age=0")) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
  };
  return {
    userId,
    sessionId,
    jar,
    async start(mode: "redirect" | "popup" = "redirect") {
      const cookieNames = [...jar.keys()];
      const start = await startConnect({ userId, sessionId, mode, returnTo: "/c/1", cookieNames });
      keep(start.setCookies);
      const sent = new URL(start.url).searchParams;
      const state = new URL(sent.get("callback_url") ?? "").searchParams.get("state") ?? "";
      return { state, challenge: sent.get("code_challenge"), setCookies: start.setCookies };
    },
    async comeBack(query: string | Record<string, string>, as: Partial<{ userId: string; sessionId: string }> = {}) {
      const completion = await completeConnect({
        userId,
        sessionId,
        ...as,
        query: new URLSearchParams(query),
        readCookie: (name) => jar.get(name),
      });
      keep(completion.setCookies);
      return completion;
    },
    stored: () => withStoredKey({ userId, provider: "openrouter" }, async (apiKey) => apiKey).catch(() => undefined),
  };
}
type Browser = Awaited<ReturnType<typeof browser>>;

it("connects: the code is exchanged with the verifier of the challenge, the key checked, then stored", async () => {
  const apiKey = upstream.gives(newKey());
  const alice = await browser();
  const { state, challenge } = await alice.start();
  const code = newCode();
  expect(await alice.comeBack({ code, state })).toMatchObject({ outcome: "connected", returnTo: "/c/1" });
  expect(await alice.stored()).toBe(apiKey);
  const [exchange, check] = upstream.seen;
  const sent = JSON.parse(exchange?.body ?? "");
  expect(sent.code).toBe(code);
  expect(codeChallenge(sent.code_verifier)).toBe(challenge);
  expect(check).toMatchObject({ path: "/api/v1/key", authorization: `Bearer ${apiKey}` });
  expect(await audited(db, alice.userId)).toEqual(["openrouter_connected"]);
  expect(alice.jar.size).toBe(0);
});

const modes = ["redirect", "popup"] as const;

describe.each(modes)("S29 (%s): with a state that is not this browser's, nothing is exchanged or stored:", (mode) => {
  const forgeries: Record<string, (alice: Browser, state: string, mallory: Browser) => Promise<unknown>> = {
    missing: (alice) => alice.comeBack({ code: newCode() }),
    empty: (alice) => alice.comeBack({ code: newCode(), state: "" }),
    wrong: (alice) => alice.comeBack({ code: newCode(), state: randomBytes(32).toString("base64url") }),
    "one character off": (alice, state) =>
      alice.comeBack({ code: newCode(), state: `${state[0] === "A" ? "B" : "A"}${state.slice(1)}` }),
    "given twice": (alice, state) => alice.comeBack(`code=${newCode()}&state=${state}&state=${state}`),
    "an array": (alice, state) => alice.comeBack({ code: newCode(), "state[]": state }),
    "with a line break": (alice, state) => alice.comeBack({ code: newCode(), state: `${state}\n` }),
    "8 kB long": (alice, state) => alice.comeBack({ code: newCode(), state: state.repeat(200) }),
    "the hash that is stored": async (alice) => {
      const [row] = await db.select().from(connectAttempts).where(eq(connectAttempts.userId, alice.userId));
      return alice.comeBack({ code: newCode(), state: row?.stateHash ?? "" });
    },
    "another user's": async (alice, _state, mallory) => {
      const hers = await mallory.start(mode);
      return alice.comeBack({ code: newCode(), state: hers.state });
    },
    "another user's, with that user's cookie planted": async (alice, _state, mallory) => {
      const hers = await mallory.start(mode);
      for (const [name, value] of mallory.jar) alice.jar.set(name, value);
      return alice.comeBack({ code: newCode(), state: hers.state });
    },
    "another tab's, with the cookies swapped": async (alice, state) => {
      const second = await alice.start(mode);
      const [first = "", last = ""] = [...alice.jar.keys()];
      const [a = "", b = ""] = [alice.jar.get(first), alice.jar.get(last)];
      alice.jar.set(first, b).set(last, a);
      await alice.comeBack({ code: newCode(), state: second.state });
      return alice.comeBack({ code: newCode(), state });
    },
    "of another session of the same user": async (alice, state) => {
      const other = await signedIn(db);
      await db.update(sessions).set({ userId: alice.userId }).where(eq(sessions.id, other.sessionId));
      return alice.comeBack({ code: newCode(), state }, { sessionId: other.sessionId });
    },
  };

  it.each(Object.keys(forgeries))("%s", async (forgery) => {
    const [alice, mallory] = [await browser(), await browser()];
    const { state } = await alice.start(mode);
    const outcome = await forgeries[forgery]?.(alice, state, mallory);
    expect(outcome).toMatchObject({ outcome: "expired_attempt" });
    expect(upstream.exchanges()).toBe(0);
    expect(await alice.stored()).toBeUndefined();
    expect(await mallory.stored()).toBeUndefined();
  });
});

describe("S30: an attacker's code in the victim's browser", () => {
  it.each(modes)("is refused without the victim's own state, though OpenRouter would take it (%s)", async (mode) => {
    const [victim, attacker] = [await browser(), await browser()];
    const his = await attacker.start(mode);
    const code = newCode(); // of a flow without challenge: OpenRouter takes any verifier for it
    for (const query of [
      `code=${code}`,
      `code=${code}&state=${his.state}`,
      `code=${code}&state=`,
      `code=${code}&state=${his.state}&state=x`,
    ]) {
      expect(await victim.comeBack(query)).toMatchObject({ outcome: "expired_attempt" });
    }
    await victim.start(mode);
    expect(await victim.comeBack({ code, state: his.state })).toMatchObject({ outcome: "expired_attempt" });
    expect(upstream.exchanges()).toBe(0);
    expect(await victim.stored()).toBeUndefined();
  });
});

describe("S31: when the session changes between start and callback, the key goes to nobody:", () => {
  it("signed out", async () => {
    const alice = await browser();
    const { state } = await alice.start();
    await db.delete(sessions).where(eq(sessions.id, alice.sessionId));
    expect(await alice.comeBack({ code: newCode(), state })).toMatchObject({ outcome: "expired_attempt" });
    expect(upstream.exchanges()).toBe(0);
  });

  it("signed in as somebody else in the same browser", async () => {
    const [alice, bob] = [await browser(), await browser()];
    const { state } = await alice.start();
    const as = { userId: bob.userId, sessionId: bob.sessionId };
    expect(await alice.comeBack({ code: newCode(), state }, as)).toMatchObject({ outcome: "expired_attempt" });
    expect(upstream.exchanges()).toBe(0);
    expect(await bob.stored()).toBeUndefined();
  });

  it("signed out while OpenRouter is being asked", async () => {
    const alice = await browser();
    const { state } = await alice.start();
    upstream.answers.key = async (request, response) => {
      await db.delete(sessions).where(eq(sessions.id, alice.sessionId));
      keyInfo()(request, response);
    };
    expect(await alice.comeBack({ code: newCode(), state })).toMatchObject({ outcome: "expired_attempt" });
    expect(await alice.stored()).toBeUndefined();
    expect(await audited(db, alice.userId)).toEqual([]);
  });

  it("account deleted while OpenRouter is being asked", async () => {
    const alice = await browser();
    const { state } = await alice.start();
    upstream.answers.key = async (request, response) => {
      await db.delete(users).where(eq(users.id, alice.userId));
      keyInfo()(request, response);
    };
    expect((await alice.comeBack({ code: newCode(), state })).outcome).toBe("internal");
    expect(await rawKey(db, alice.userId)).toBeUndefined();
  });
});

describe("S32: the same callback again", () => {
  it("50 times at once makes exactly one exchange, and all get the same success", async () => {
    const apiKey = upstream.gives(newKey());
    const alice = await browser();
    const { state } = await alice.start();
    const code = newCode();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => alice.comeBack({ code, state })));
    expect(outcomes.filter(({ outcome, returnTo }) => outcome === "connected" && returnTo === "/c/1")).toHaveLength(50);
    expect(upstream.exchanges()).toBe(1);
    expect(await alice.stored()).toBe(apiKey);
    expect(await audited(db, alice.userId)).toEqual(["openrouter_connected"]);
  });

  it("50 times at once when OpenRouter refuses makes one exchange, and all get the same refusal", async () => {
    upstream.answers.exchange = json(403, { error: { message: "Invalid code or code_verifier", code: 403 } });
    const alice = await browser();
    const { state } = await alice.start();
    const code = newCode();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => alice.comeBack({ code, state })));
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(["exchange_failed"]));
    expect(upstream.exchanges()).toBe(1);
    expect(await audited(db, alice.userId)).toEqual(["openrouter_connect_failed"]);
  });

  it("later, with the cookie gone and with another code, gets the same success", async () => {
    const alice = await browser();
    const { state } = await alice.start();
    await alice.comeBack({ code: newCode(), state });
    expect(await alice.comeBack({ code: newCode(), state })).toMatchObject({ outcome: "connected" });
    expect(upstream.exchanges()).toBe(1);
  });

  it("after 11 minutes, or from another browser, is refused", async () => {
    const [alice, mallory] = [await browser(), await browser()];
    const { state } = await alice.start();
    await alice.comeBack({ code: newCode(), state });
    expect(await mallory.comeBack({ code: newCode(), state })).toMatchObject({ outcome: "expired_attempt" });
    await age(alice.userId, 660);
    expect(await alice.comeBack({ code: newCode(), state })).toMatchObject({ outcome: "expired_attempt" });
    expect(upstream.exchanges()).toBe(1);
  });
});

const age = (userId: string, seconds: number) =>
  db
    .update(connectAttempts)
    .set({ expiresAt: sql`${connectAttempts.expiresAt} - make_interval(secs => ${seconds}::int)` })
    .where(eq(connectAttempts.userId, userId));

describe("S33: without its verifier an attempt is refused, and the old key stays:", () => {
  const faults: Record<string, (alice: Browser) => Promise<unknown>> = {
    "the cookie is gone": async (alice) => alice.jar.clear(),
    "the cookie is empty": async (alice) => [...alice.jar.keys()].map((name) => alice.jar.set(name, "")),
    "the cookie is altered": async (alice) => {
      for (const [name, value] of alice.jar) alice.jar.set(name, `${value.slice(0, -6)}AAAA==`);
    },
    "the cookie is another attempt's": async (alice) => {
      const [name = ""] = alice.jar.keys();
      await alice.start();
      alice.jar.set(name, [...alice.jar.values()].at(-1) ?? "");
    },
    "601 seconds have passed": (alice) => age(alice.userId, 601),
    "the row is gone": (alice) => db.delete(connectAttempts).where(eq(connectAttempts.userId, alice.userId)),
  };
  it.each(Object.keys(faults))("%s", async (fault) => {
    const alice = await browser();
    const { apiKey } = await storeKey(alice.userId);
    const before = await rawKey(db, alice.userId);
    const { state } = await alice.start();
    await faults[fault]?.(alice);
    expect(await alice.comeBack({ code: newCode(), state })).toMatchObject({ outcome: "expired_attempt" });
    expect(upstream.exchanges()).toBe(0);
    expect(await rawKey(db, alice.userId)).toEqual(before);
    expect(await alice.stored()).toBe(apiKey);
  });
});

describe("S38: a failed attempt leaves the old key as it was, with one event and no second try:", () => {
  const html = (status: number) => (_q: unknown, r: import("node:http").ServerResponse) =>
    void r.writeHead(status, { "content-type": "text/html" }).end("<!doctype html>");
  const exchanges: Record<string, [typeof upstream.answers.exchange, string]> = {
    "400": [json(400, { error: { message: "Invalid code_challenge_method", code: 400 } }), "exchange_failed"],
    "403": [json(403, { error: { message: "Authorization code expired", code: 403 } }), "exchange_failed"],
    "405": [json(405, { error: { message: "Method Not Allowed", code: 405 } }), "exchange_failed"],
    "429": [json(429, { error: { message: "Slow down", code: 429 } }), "provider_unavailable"],
    "500": [json(500, { error: { message: "Internal Server Error", code: 500 } }), "provider_unavailable"],
    "HTML with 502": [html(502), "provider_unavailable"],
    "HTML with 200": [html(200), "exchange_failed"],
    "200 without a key": [json(200, { user_id: "user_1" }), "exchange_failed"],
    "a key of the wrong form": [json(200, { key: "not a key" }), "exchange_failed"],
    "5 MB": [json(200, { key: newKey(), padding: "x".repeat(5_000_000) }), "exchange_failed"],
    "a reset": [(request) => void request.socket.destroy(), "provider_unavailable"],
    "a redirect": [
      (_request, response) => void response.writeHead(307, { location: `${upstream.url}/elsewhere` }).end(),
      "provider_unavailable",
    ],
  };
  const checks: Record<string, [typeof upstream.answers.key, string]> = {
    "a key that is refused": [json(401, { error: { message: "User not found.", code: 401 } }), "key_invalid"],
    "a management key": [keyInfo({ is_management_key: true }), "wrong_kind_of_key"],
    "a key that cannot be checked (500)": [json(500, {}), "provider_unavailable"],
    "a key that cannot be checked (429)": [json(429, {}), "provider_unavailable"],
    "a key that cannot be checked (HTML)": [html(200), "provider_unavailable"],
    "a key that cannot be checked (reset)": [(request) => void request.socket.destroy(), "provider_unavailable"],
  };
  const queries: Record<string, [string, string]> = {
    "the user said no": ["error=access_denied&error_description=x", "denied"],
    "an error besides a code": [`error=access_denied&code=${newCode()}`, "denied"],
    "the user walked away": ["", "denied"],
    "an empty code": ["code=", "exchange_failed"],
    "two codes": [`code=${newCode()}&code=${newCode()}`, "exchange_failed"],
    "a code with blanks": ["code=a%0d%0ab", "exchange_failed"],
    "a code of 8 kB": [`code=${"a".repeat(8192)}`, "exchange_failed"],
  };
  const cases = [
    ...Object.entries(exchanges).map(([name, [answer, end]]) => [name, { exchange: answer }, "", end] as const),
    ...Object.entries(checks).map(([name, [answer, end]]) => [name, { key: answer }, "", end] as const),
    ...Object.entries(queries).map(([name, [query, end]]) => [name, {}, query, end] as const),
  ];

  it.each(cases)("%s", async (name, answers, query, end) => {
    const alice = await browser();
    const { apiKey } = await storeKey(alice.userId);
    const before = await rawKey(db, alice.userId);
    Object.assign(upstream.answers, answers);
    const { state } = await alice.start();
    const callback = name in queries ? `${query}&state=${state}` : `code=${newCode()}&state=${state}`;

    expect(await alice.comeBack(callback)).toMatchObject({ outcome: end, returnTo: "/c/1" });
    expect(await alice.comeBack(callback)).toMatchObject({ outcome: end });
    expect(upstream.exchanges()).toBe(name in queries ? 0 : 1);
    expect(upstream.seen.some(({ path }) => path === "/elsewhere")).toBe(false);
    expect(await rawKey(db, alice.userId)).toEqual(before);
    expect(await alice.stored()).toBe(apiKey);
    expect(await audited(db, alice.userId)).toEqual(["openrouter_connected", "openrouter_connect_failed"]);
  });
});

it("an error is reported only for a state of this browser: a stranger cannot end an attempt", async () => {
  const [alice, mallory] = [await browser(), await browser()];
  const { state } = await alice.start();
  await mallory.comeBack({ error: "access_denied", state });
  await alice.comeBack({ error: "access_denied" });
  expect(await alice.comeBack({ code: newCode(), state })).toMatchObject({ outcome: "connected" });
});

it("several tabs at once connect independently of each other", async () => {
  const alice = await browser();
  const tabs = [await alice.start(), await alice.start("popup"), await alice.start()];
  for (const { state } of [...tabs].reverse()) {
    expect(await alice.comeBack({ code: newCode(), state })).toMatchObject({ outcome: "connected" });
  }
  expect(upstream.exchanges()).toBe(3);
});

it("S40: of 200 starts in one browser five stay alive, with five cookies under 4 kB", async () => {
  const alice = await browser();
  const states: string[] = [];
  for (let i = 0; i < 200; i++) {
    states.push((await alice.start()).state);
    await setImmediate(); // the embedded database answers without ever letting sockets have their turn
  }
  expect(alice.jar.size).toBe(5);
  expect([...alice.jar].map((pair) => pair.join("=")).join("; ").length).toBeLessThan(4096);
  expect(await alice.comeBack({ code: newCode(), state: states[194] ?? "" })).toMatchObject({
    outcome: "expired_attempt",
  });
  expect(await alice.comeBack({ code: newCode(), state: states[195] ?? "" })).toMatchObject({ outcome: "connected" });
});

it("a key at its cap is connected and shown so", async () => {
  upstream.gives(newKey(), { limit: 5, limit_remaining: 0 });
  const alice = await browser();
  const { state } = await alice.start();
  expect(await alice.comeBack({ code: newCode(), state })).toMatchObject({ outcome: "connected" });
  expect(await rawKey(db, alice.userId)).toMatchObject({ state: "limit_reached" });
});

it("lets neither key, code, state nor verifier into the log or the database", async () => {
  const lines: string[] = [];
  for (const level of ["debug", "info", "warn", "error"] as const) {
    vi.spyOn(log, level).mockImplementation((message, fields) => {
      lines.push(JSON.stringify([message, fields && safeFields(fields)]));
    });
  }
  const secrets: string[] = [];
  for (const answer of [keyInfo({ label: "sk-or-v1-0e6...1c96" }), json(500, {}), json(401, {})]) {
    const apiKey = upstream.gives(newKey());
    upstream.answers.key = answer;
    const alice = await browser();
    const { state } = await alice.start();
    const code = newCode();
    await alice.comeBack({ code, state });
    const sent = JSON.parse(upstream.seen[0]?.body ?? "");
    secrets.push(code, state, sent.code_verifier);
    const everything = lines.join("\n") + (await dump(db));
    expectNoTrace(everything, apiKey);
    for (const secret of secrets) expect(everything.includes(secret)).toBe(false);
  }
  expect(lines.length).toBeGreaterThan(1);
});
