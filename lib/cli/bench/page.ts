import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, CDPSession, Page } from "playwright-core";
// The browser is what tests use; it is no part of the app, so it is looked for where they do.
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import {
  type App,
  connectedPerson,
  control,
  freshEnvironment,
  type Person,
  type Process,
  seed,
  startApp,
  startStandIn,
} from "./app";
import { mergeSections } from "./sections";
import { median, percentile, spread } from "./statistics";

// `npm run bench -- page`: what somebody feels in a browser: frames while a long thread scrolls, the time from a key to
// the letter, what a word of a growing answer costs at its beginning and at its end, and the weight of the first page.
// A plain page of the same words, without any script, is measured beside it: the machine's own limit.

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    messages: { type: "string", default: "2000" },
    tokens: { type: "string", default: "20000" },
    out: { type: "string", default: "docs/benchmarks.md" },
  },
});
const ROUNDS = Number(options.rounds);
const MESSAGES = Number(options.messages);
const TOKENS = Number(options.tokens);
const TOKENS_PER_SECOND = 300;
const SCROLL_PX = 40_000;
const FRAME_MS = 1000 / 60;
const say = (line: string) => process.stderr.write(`${line}\n`);

type Frames = { p50: number; p99: number; late: number; longest: number };

/** Runs while `work` does, and tells how far apart the browser's frames were. */
async function framesDuring(page: Page, work: () => Promise<unknown>): Promise<Frames> {
  await page.evaluate(() => {
    const here = window as unknown as { frames: number[]; counting: boolean };
    here.frames = [];
    here.counting = true;
    let before = performance.now();
    const next = (now: number) => {
      here.frames.push(now - before);
      before = now;
      if (here.counting) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  await work();
  const frames = await page.evaluate(() => {
    const here = window as unknown as { frames: number[]; counting: boolean };
    here.counting = false;
    return here.frames.slice(2);
  });
  const late = frames.filter((ms) => ms > FRAME_MS * 1.5).length / frames.length;
  return { p50: median(frames), p99: percentile(frames, 0.99), late, longest: Math.max(...frames) };
}

/** As a wheel does: the browser scrolls by itself, upwards from the end. */
async function scroll(session: CDPSession): Promise<void> {
  await session.send("Input.synthesizeScrollGesture", {
    x: 700,
    y: 400,
    yDistance: SCROLL_PX,
    speed: 8000,
    gestureSourceType: "mouse",
  });
}

/** Milliseconds from each key until the frame that holds its letter is through. */
async function typingTimes(page: Page): Promise<number[]> {
  await page.evaluate(() => {
    const here = window as unknown as { typed: number[] };
    here.typed = [];
    document.addEventListener(
      "keydown",
      ({ timeStamp }) => requestAnimationFrame(() => setTimeout(() => here.typed.push(performance.now() - timeStamp))),
      { capture: true },
    );
  });
  await page.locator("textarea").click();
  await page.keyboard.type("the keeper of a house carried its keys on a ring ", { delay: 25 });
  return page.evaluate(() => (window as unknown as { typed: number[] }).typed);
}

async function openAs(browser: Browser, app: App, { cookie }: Person, path: string): Promise<Page> {
  const page = await newPage(browser, { width: 1440, height: 900 });
  const cookies = cookie.split("; ").map((pair) => {
    const at = pair.indexOf("=");
    return { name: pair.slice(0, at), value: pair.slice(at + 1), url: app.url };
  });
  await page.context().addCookies(cookies.filter(({ value }) => value !== "")); // an empty one was cleared
  await page.goto(app.url + path, { waitUntil: "networkidle" });
  return page;
}

/** Scrolls up until the whole thread is laid out, then back to its end. @returns how many messages are in the page. */
async function layOutAll(page: Page): Promise<number> {
  const count = () => page.locator("article").count();
  for (let [known, tries] = [0, 0]; tries < 20; tries++) {
    await page.evaluate(() => document.querySelector("article")?.closest(".overflow-y-auto")?.scrollTo(0, 1));
    await page.waitForTimeout(150);
    const now = await count();
    if (now > known) [known, tries] = [now, 0];
    if (now >= MESSAGES) break;
  }
  await page.evaluate(() => document.querySelector("article")?.closest(".overflow-y-auto")?.scrollTo(0, 1e9));
  await page.waitForTimeout(500);
  return count();
}

/** The same number of messages as words alone, in one scrolling box, with a plain field below. */
async function openPlain(browser: Browser): Promise<Page> {
  const page = await newPage(browser, { width: 1440, height: 900 });
  const words = "The ring at the keeper's belt held a key for every door, and none of them opened two. ".repeat(8);
  await page.setContent(
    `<body style="margin:0"><div style="height:700px;overflow:auto" id="box">${`<p>${words}</p>`.repeat(MESSAGES)}</div><textarea></textarea>`,
  );
  await page.evaluate(() => document.querySelector("#box")?.scrollTo(0, 1e9));
  return page;
}

async function scriptWeight(browser: Browser, app: App, person: Person): Promise<number> {
  const page = await openAs(browser, app, person, "/");
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const scripts = new Set<string>();
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, type }) => type === "Script" && scripts.add(requestId));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength;
  });
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  await page.reload({ waitUntil: "networkidle" });
  await page.context().close();
  return bytes;
}

type Growth = { first: number; last: number; frames: Frames };

/** Computing time of the page per second of a growing answer, at its beginning and at its end. */
async function growth(browser: Browser, app: App, person: Person, standIn: string): Promise<Growth> {
  await control(standIn, "settings", { tokens: TOKENS, firstTokenMs: 50, tokenMs: 1000 / TOKENS_PER_SECOND });
  const page = await openAs(browser, app, person, "/");
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const busy = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
  };
  await page.locator("textarea").fill("Write at length.");
  await page.getByRole("button", { name: "Send" }).click();
  const stop = page.getByRole("button", { name: "Stop" });
  await stop.waitFor();
  const shares: number[] = [];
  const frames = await framesDuring(page, async () => {
    let [at, used] = [performance.now(), await busy()];
    while (await stop.isVisible()) {
      await page.waitForTimeout(1000);
      const [now, total] = [performance.now(), await busy()];
      shares.push((total - used) / ((now - at) / 1000));
      [at, used] = [now, total];
    }
  });
  await page.context().close();
  const quarter = Math.max(1, Math.floor(shares.length / 4));
  // The very first second loads what shows Markdown, and the last one is not full.
  return { first: median(shares.slice(1, 1 + quarter)), last: median(shares.slice(-quarter - 1, -1)), frames };
}

const folder = await mkdtemp(join(tmpdir(), "chatelaine-bench-"));
const running: Process[] = [];
const browser = await launchBrowser();
try {
  const standIn = await startStandIn();
  running.push(standIn);
  const environment = await freshEnvironment(standIn.url, { DATA_DIR: join(folder, "data") });
  const first = await startApp(environment);
  const person = await connectedPerson(first.url, standIn.url);
  await first.stop();
  const conversation = randomUUID();
  await seed(environment, ["long", person.email, conversation, String(MESSAGES), "rich"]);
  const app = await startApp(environment);
  running.push(app);

  const found = { ours: [] as Frames[], plain: [] as Frames[], typing: [] as number[], plainTyping: [] as number[] };
  const opened: number[] = [];
  let laidOut = 0;
  for (let n = 0; n < ROUNDS; n++) {
    say(`round ${n + 1} of ${ROUNDS}`);
    const plain = await openPlain(browser);
    found.plain.push(await framesDuring(plain, async () => scroll(await plain.context().newCDPSession(plain))));
    found.plainTyping.push(...(await typingTimes(plain)));
    await plain.context().close();
    const startedAt = performance.now();
    const page = await openAs(browser, app, person, `/c/${conversation}`);
    await page.locator("article .prose").last().waitFor();
    opened.push(performance.now() - startedAt);
    laidOut = await layOutAll(page);
    found.ours.push(await framesDuring(page, async () => scroll(await page.context().newCDPSession(page))));
    found.typing.push(...(await typingTimes(page)));
    await page.context().close();
  }
  say("a growing answer");
  const grown = await growth(browser, app, person, standIn.url);
  const weight = await scriptWeight(browser, app, person);

  const ms = (value: number) => value.toFixed(1);
  const frameRow = (name: string, rounds: Frames[]) =>
    `| ${name} | ${spread(
      rounds.map(({ p50 }) => 1000 / p50),
      0,
    )} | ${spread(
      rounds.map(({ p99 }) => p99),
      1,
    )} | ${spread(
      rounds.map(({ late }) => late * 100),
      1,
    )} | ${ms(Math.max(...rounds.map(({ longest }) => longest)))} |`;
  const text = `## In the browser (\`npm run bench -- page\`)

Chromium without a graphics card, ${cpus().length} cores, ${ROUNDS} rounds, on ${new Date().toISOString().slice(0, 10)}. *plain* is a page of the same number of
messages as bare words without any script, in the same run.

Scrolling ${SCROLL_PX.toLocaleString("en")} px upwards through a thread of ${MESSAGES.toLocaleString("en")} messages with lists, tables, code and formulas,
${laidOut.toLocaleString("en")} of them in the page:

| page | frames a second, median | p99 of a frame, ms | late frames, % | longest, ms |
| --- | --- | --- | --- | --- |
${frameRow("plain", found.plain)}
${frameRow("chat", found.ours)}

| from a key to its letter, ms | median | p99 |
| --- | --- | --- |
| plain field | ${ms(median(found.plainTyping))} | ${ms(percentile(found.plainTyping, 0.99))} |
| composer under ${MESSAGES.toLocaleString("en")} messages | ${ms(median(found.typing))} | ${ms(percentile(found.typing, 0.99))} |

A growing answer of ${TOKENS.toLocaleString("en")} tokens at ${TOKENS_PER_SECOND} a second keeps the page ${(grown.first * 100).toFixed(0)} % busy in its first quarter and ${(grown.last * 100).toFixed(0)} % in its
last; frames: median ${ms(grown.frames.p50)} ms, p99 ${ms(grown.frames.p99)} ms, ${(grown.frames.late * 100).toFixed(1)} % late. That thread opens in ${(median(opened) / 1000).toFixed(2)} s, cold. The first chat page
loads ${(weight / 1000).toFixed(0)} kB of script, compressed.
`;
  process.stdout.write(text);
  const kept = existsSync(options.out) ? readFileSync(options.out, "utf8") : "";
  writeFileSync(options.out, mergeSections(kept, text));
} finally {
  await browser.close();
  for (const one of running) await one.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);
