import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { ROOT } from "@/lib/cli/root.mjs";

const ARGS = [
  "--no-sandbox", // CI runs as root, where Chromium's sandbox does not start
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const DEBIAN = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];
const LIBRARY_FOLDERS = ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"];

/** A real Chromium: CHROMIUM_PATH, else the system's, else the one that npm brought. */
export async function launchBrowser(): Promise<Browser> {
  const installed = [process.env.CHROMIUM_PATH, ...DEBIAN].find((path) => path && existsSync(path));
  const { path, fonts } = installed ? { path: installed, fonts: undefined } : await unpackChromium();
  const env = { ...process.env, ...(fonts && !existsSync("/etc/fonts/fonts.conf") && { FONTCONFIG_PATH: fonts }) };
  return chromium.launch({ executablePath: path, args: ARGS, headless: true, env });
}

type PageOptions = {
  width?: number;
  height?: number;
  dark?: boolean;
  /** Records everything that goes over the wire there, bodies included; written when the page's context is closed. */
  har?: string;
};

/** A page with cookies of its own. */
export async function newPage(browser: Browser, { width = 1280, height = 800, dark = false, har }: PageOptions = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    locale: "en-US",
    timezoneId: "UTC",
    ...(har && { recordHar: { path: har, content: "embed" as const, mode: "full" as const } }),
  });
  const page: Page = await context.newPage();
  return page;
}

/**
 * The package unpacks into the temporary folder and takes what it finds there for its own, whatever version that is:
 * so each version gets a folder. Where the machine lacks NSS, VERCEL=1 makes it unpack its own libraries too, and is
 * taken back at once, because Next reads that variable as well.
 */
async function unpackChromium(): Promise<{ path: string; fonts: string }> {
  const manifest = join(ROOT, "node_modules", "@sparticuz", "chromium", "package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const folder = join(tmpdir(), `chatelaine-chromium-${version}`);
  mkdirSync(folder, { recursive: true });
  const lacksNss = !LIBRARY_FOLDERS.some((path) => existsSync(join(path, "libnss3.so")));
  const { TMPDIR, VERCEL } = process.env;
  try {
    process.env.TMPDIR = folder;
    if (lacksNss) process.env.VERCEL = "1";
    const { default: packed } = await import("@sparticuz/chromium");
    return { path: await packed.executablePath(), fonts: join(folder, "fonts") };
  } finally {
    restore("TMPDIR", TMPDIR);
    restore("VERCEL", VERCEL);
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
