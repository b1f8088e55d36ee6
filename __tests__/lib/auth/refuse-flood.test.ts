import { expect, it } from "vitest";
import { refuseFlood } from "@/lib/auth/refuse-flood";

const passed = (attempts: number, at: (n: number) => number) => {
  let count = 0;
  for (let n = 0; n < attempts; n++) {
    try {
      refuseFlood(at(n));
      count += 1;
    } catch (error) {
      expect(error).toMatchObject({ code: "rate_limited", retryAfterSeconds: 5 });
    }
  }
  return count;
};

it("looks at 50 sign-ins that come at once and at 20 a second from then on, however many come", () => {
  const start = performance.now() + 60_000; // full again, whatever happened before
  expect(passed(1000, () => start)).toBe(50);
  expect(passed(2000, (n) => start + n * 5)).toBe(199); // 200 a second for ten seconds
  expect(passed(200, (n) => start + 70_000 + n * 50)).toBe(200); // as many as it takes
});
