import { randomBytes } from "node:crypto";
import type { Provider } from "@/lib/providers/names";

const alnum = (count: number) =>
  randomBytes(count * 2)
    .toString("base64")
    .replace(/[^A-Za-z0-9]/g, "x")
    .slice(0, count);

/** A fresh key of the form that each provider gives out (openrouter-wire.md, section 7). */
export const keyOf: Record<Provider, () => string> = {
  openrouter: () => `sk-or-v1-${randomBytes(32).toString("hex")}`,
  openai: () => `sk-proj-${alnum(74)}T3BlbkFJ${alnum(74)}`,
  anthropic: () => `sk-ant-api03-${alnum(93)}AA`,
  google: () => `AIza${alnum(35)}`,
  xai: () => `xai-${alnum(80)}`,
};
