import { describe, expect, it, vi } from "vitest";
import { createSignIn, type KeptTokens } from "@/lib/client/sign-in";

const user = { id: "1", email: "ada@example.org", name: null, role: "user", createdAt: "2026-11-20T12:00:00.000Z" };
const pair = (n: number) => ({ user, accessToken: `access-${n}`, refreshToken: `refresh-${n}`, expiresIn: 3600 });
const problem = (code: string) => Response.json({ code, detail: "No." }, { status: 401 });

function frontend(answers: (() => Response | Promise<Response>)[]) {
  let time = 0;
  const sent: { path: string; body: unknown; credentials: unknown; authorization: string | null }[] = [];
  const fetch = vi.fn(async (input: unknown, init?: RequestInit) => {
    const authorization = new Headers(init?.headers).get("authorization");
    const { pathname: path } = new URL(String(input));
    sent.push({ path, body: JSON.parse(String(init?.body)), credentials: init?.credentials, authorization });
    const answer = answers.shift();
    if (!answer) throw new TypeError("offline");
    return answer();
  });
  let kept: KeptTokens | undefined;
  const store = {
    read: () => kept,
    write: (tokens: KeptTokens | undefined) => {
      kept = tokens;
    },
  };
  const later = (ms: number) => {
    time += ms;
  };
  const signIn = createSignIn({ baseUrl: "https://chat.example.org", fetch, store, now: () => time });
  return { signIn, sent, later, kept: () => kept };
}
const credentials = { email: "ada@example.org", password: "correct horse battery" };

describe("a sign-in", () => {
  it("tells who it is and gives the access token until a minute before its end", async () => {
    const { signIn, sent, later } = frontend([() => Response.json(pair(1))]);
    expect(await signIn.logIn(credentials)).toEqual(user);
    expect(sent).toEqual([
      { path: "/api/auth/login", body: credentials, credentials: "same-origin", authorization: null },
    ]);
    later(3539_000);
    expect(await signIn.token()).toBe("access-1");
    expect(sent).toHaveLength(1);
  });

  it("is renewed once for all that ask at that time, and then again with the next refresh token", async () => {
    const { signIn, sent, later } = frontend([1, 2, 3].map((n) => () => Response.json(pair(n))));
    await signIn.register(credentials);
    later(3541_000);
    expect(await Promise.all([signIn.token(), signIn.token(), signIn.token()])).toEqual(Array(3).fill("access-2"));
    later(3541_000);
    expect(await signIn.token()).toBe("access-3");
    expect(sent.map(({ path, body }) => [path, body])).toEqual([
      ["/api/auth/register", credentials],
      ["/api/auth/refresh", { refreshToken: "refresh-1" }],
      ["/api/auth/refresh", { refreshToken: "refresh-2" }],
    ]);
  });

  it("that has ended is forgotten, and asks no more", async () => {
    const { signIn, sent, later, kept } = frontend([() => Response.json(pair(1)), () => problem("unauthenticated")]);
    await signIn.logIn(credentials);
    later(3600_000);
    expect([await signIn.token(), await signIn.token(), kept()]).toEqual([undefined, undefined, undefined]);
    expect(sent).toHaveLength(2);
  });

  it("is kept when the line is down, and tried again with the same token: the answer may have been lost", async () => {
    const { signIn, sent, later } = frontend([
      () => Response.json(pair(1)),
      () => Promise.reject(new TypeError("offline")),
      () => Response.json(pair(2)),
    ]);
    await signIn.logIn(credentials);
    later(3600_000);
    await expect(signIn.token()).rejects.toMatchObject({ name: "ClientError" });
    expect(await signIn.token()).toBe("access-2");
    expect(sent[1]?.body).toEqual(sent[2]?.body);
  });

  it("ends here even when the app cannot be told, and tells it where it can", async () => {
    const { signIn, sent, kept } = frontend([() => Response.json(pair(1)), () => new Response(null, { status: 204 })]);
    await signIn.logIn(credentials);
    await signIn.logOut();
    expect([kept(), sent[1]?.path, sent[1]?.body]).toEqual([
      undefined,
      "/api/auth/logout",
      { refreshToken: "refresh-1" },
    ]);
    await signIn.logOut();
    expect(sent).toHaveLength(2);
  });

  it("with a wrong password keeps nothing", async () => {
    const { signIn, kept } = frontend([() => problem("invalid_credentials")]);
    await expect(signIn.logIn(credentials)).rejects.toMatchObject({ code: "invalid_credentials" });
    expect([kept(), await signIn.token()]).toEqual([undefined, undefined]);
  });
});
