import { randomUUID } from "node:crypto";
import { encode, type JWT } from "next-auth/jwt";
import { expect, it, vi } from "vitest";
import { readSessionToken } from "@/lib/auth/session-token";
import { env } from "@/lib/env";
import { setTestEnv } from "../../support/env";

const name = "next-auth.session-token";
const claims = () => ({ sub: randomUUID(), sid: randomUUID(), sv: 3 });
const seal = (token: JWT) => encode({ token, secret: env().NEXTAUTH_SECRET, maxAge: 60 });

it("reads the same from a cookie the first time and the second", async () => {
  const { sub, sid, sv } = claims();
  const value = await seal({ sub, sid, sv });
  const expected = { userId: sub, sessionId: sid, sessionVersion: sv };
  expect(await readSessionToken([{ name, value }])).toEqual(expected);
  expect(await readSessionToken([{ name, value }])).toEqual(expected);
});

it("keeps two browsers' cookies apart", async () => {
  const [ada, ben] = [claims(), claims()];
  const [one, two] = [await seal(ada), await seal(ben)];
  for (let round = 0; round < 2; round++) {
    expect((await readSessionToken([{ name, value: one }]))?.userId).toBe(ada.sub);
    expect((await readSessionToken([{ name, value: two }]))?.userId).toBe(ben.sub);
  }
});

it("takes a cookie no longer than it lasts, also one it has opened before", async () => {
  const value = await seal(claims());
  expect(await readSessionToken([{ name, value }])).toBeDefined();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
  expect(await readSessionToken([{ name, value }])).toBeUndefined();
  vi.useRealTimers();
});

it("opens no cookie again that was sealed under an earlier secret", async () => {
  const value = await seal(claims());
  expect(await readSessionToken([{ name, value }])).toBeDefined();
  setTestEnv();
  expect(await readSessionToken([{ name, value }])).toBeUndefined();
});

it("puts a cookie together that next-auth has split", async () => {
  const { sub, sid, sv } = claims();
  const value = await seal({ sub, sid, sv });
  const halves = [
    { name: `${name}.1`, value: value.slice(50) },
    { name: `${name}.0`, value: value.slice(0, 50) },
  ];
  expect(await readSessionToken(halves)).toMatchObject({ userId: sub });
});
