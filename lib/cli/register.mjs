import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { ROOT } from "./root.mjs";

// Node runs our TypeScript as it is, but resolves neither "@/…" nor names without an extension.
const root = pathToFileURL(`${ROOT}/`);
const ENDINGS = ["", ".ts", "/index.ts"];

registerHooks({
  resolve(specifier, context, nextResolve) {
    const base = ourFile(specifier, context.parentURL);
    const found = base && ENDINGS.map((ending) => new URL(base.href + ending)).find(isFile);
    return nextResolve(found ? found.href : specifier, context);
  },
});

/** @param {string} specifier @param {string | undefined} parent */
function ourFile(specifier, parent) {
  if (specifier.startsWith("@/")) return new URL(specifier.slice(2), root);
  const fromUs = parent?.startsWith(root.href) && !parent.includes("/node_modules/");
  return fromUs && /^\.\.?\//.test(specifier) ? new URL(specifier, parent) : undefined;
}

/** @param {URL} url */
const isFile = (url) => /\.\w+$/.test(url.pathname) && existsSync(url);
