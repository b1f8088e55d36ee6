import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { scriptArguments } from "@/lib/cli/node-runtime.mjs";
import type { PolicyName } from "@/lib/rate-limit/policies";

export type Call =
  | { work: "consume"; policy: PolicyName; subject: string; count: number }
  /** Sign-ins with a wrong password; `forwarded` is what the client writes into X-Forwarded-For. */
  | { work: "guess"; guesses: { email: string; forwarded: string }[] };
/** `tried`: passwords that were really held against a hash. */
type Counts = { passed: number; refused: number; tried: number };

/** Processes of the app without its pages, with connections that are open before they are told to call all at once. */
export type Callers = { each: (call: (process: number) => Call) => Promise<Counts>; stop: () => Promise<void> };

const caller = `
  import { createInterface } from "node:readline";
  const { checkCredentials } = await import("@/lib/auth/check-credentials");
  const { verifyPassword } = await import("@/lib/auth/password");
  const { clientNetwork } = await import("@/lib/http/client-address");
  const { consume, forgive } = await import("@/lib/rate-limit/consume");
  const { env } = await import("@/lib/env");
  if (env().DATABASE_URL) await (await (await import("@/lib/db/client")).db()).execute("select 1");
  await consume("export", "warm-up of " + process.pid);
  let tried = 0;
  const verify = (...given) => { tried += 1; return verifyPassword(...given); };
  const limits = { consume: async (...given) => void (await consume(...given)), forgive, onWrongPassword() {} };
  const guess = ({ email, forwarded }) => {
    const request = new Request("http://localhost/", { headers: { "x-forwarded-for": forwarded } });
    return checkCredentials({ email, password: "a wrong password" }, clientNetwork(request), limits, verify);
  };
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const { work, policy, subject, count, guesses } = JSON.parse(line);
    tried = 0;
    const calls = work === "guess" ? guesses.map(guess) : Array.from({ length: count }, () => consume(policy, subject));
    const results = await Promise.allSettled(calls);
    const passed = results.filter((one) => one.status === "fulfilled").length;
    const refused = results.filter((one) => one.reason?.code === "rate_limited").length;
    console.log(JSON.stringify({ passed, refused, tried }));
  }
  process.exit(0);
`;

export async function startCallers(count: number, settings: Record<string, string>): Promise<Callers> {
  const args = scriptArguments(process.execPath, "--input-type=module", ["--eval", caller]);
  const children = Array.from({ length: count }, () => {
    const env = { PATH: process.env.PATH, LOG_LEVEL: "silent", ...settings } as unknown as NodeJS.ProcessEnv;
    return spawn(process.execPath, args, { env, stdio: ["pipe", "pipe", "inherit"] });
  });
  const outputs = children.map((child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]());
  const next = async (n: number) => {
    const { value, done } = (await outputs[n]?.next()) ?? { done: true };
    if (done) throw new Error("a process that was to call has ended");
    return String(value);
  };
  const stop = async () => {
    for (const child of children) child.stdin.end();
    await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")));
  };
  const ready = await Promise.all(children.map((_, n) => next(n)));
  if (ready.some((line) => line !== "ready")) throw new Error(ready.join());
  return {
    stop,
    async each(call) {
      for (const [n, child] of children.entries()) child.stdin.write(`${JSON.stringify(call(n))}\n`);
      const counts = await Promise.all(children.map(async (_, n) => JSON.parse(await next(n)) as Counts));
      const sum = (name: keyof Counts) => counts.reduce((total, one) => total + one[name], 0);
      return { passed: sum("passed"), refused: sum("refused"), tried: sum("tried") };
    },
  };
}
