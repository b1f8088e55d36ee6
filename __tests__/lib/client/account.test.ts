import { expect, it } from "vitest";
import { safePath } from "@/lib/client/account";

it.each(["/c/1?x=1#y", "/settings/keys", "/"])("goes on to %s", (path) => expect(safePath(path)).toBe(path));

it.each([
  undefined,
  null,
  "",
  "c/1",
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "https://evil.example/",
  "javascript:alert(1)",
  "/.//evil.example",
])("never leaves the site for %j", (path) => expect(safePath(path)).toBe("/"));
