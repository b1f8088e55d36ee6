import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "@/lib/cli/root.mjs";

/** The paths of every route of the app, as folders name them, with values in the place of parameters. */
export function everyRoute(values: Record<string, string>): string[] {
  const fill = (_: string, name: string) => values[name] ?? "x";
  return readdirSync(join(ROOT, "app", "api"), { recursive: true, encoding: "utf8" })
    .filter((file) => /(^|\/)route\.ts$/.test(file))
    .map((file) => `/api/${file}`.replace(/\/route\.ts$/, "").replace(/\[(?:\.\.\.)?(\w+)\]/g, fill))
    .sort();
}

/** The paths of every page. */
export function everyPage(values: Record<string, string>): string[] {
  return readdirSync(join(ROOT, "app"), { recursive: true, encoding: "utf8" })
    .filter((file) => /(^|\/)page\.tsx$/.test(file))
    .map((file) => `/${file}`.replace(/page\.tsx$/, "").replace(/\([\w-]+\)\//g, ""))
    .map((path) => path.replace(/\[(\w+)\]/g, (_, name: string) => values[name] ?? "x").replace(/(.)\/$/, "$1"))
    .sort();
}
