import { performance } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import { keyOf } from "@/__tests__/support/provider-keys";
import { cleanKey, keyForm, keyForms, MAX_KEY_CHARS, unfitReason } from "@/lib/providers/key-form";
import { PROVIDERS } from "@/lib/providers/names";
import { providerPages } from "@/lib/providers/provider-pages";

describe("what copying adds comes off", () => {
  const key = keyOf.openai();
  it.each([
    ["spaces", `  ${key} `],
    ["line ends", `\r\n${key}\r\n\n`],
    ["tabs", `\t${key}\t`],
    ["no-break spaces", `\u00a0${key}\u202f`],
    ["zero-width characters", `\u200b${key}\u200d\u2060`],
    ["a byte order mark", `\ufeff${key}`],
    ["a soft hyphen", `${key}\u00ad`],
    ["straight quotes", `"${key}"`],
    ["single quotes", `'${key}'`],
    ["backticks", `\`${key}\``],
    ["curly quotes", `“${key}”`],
    ["other quotes", `«‘${key}’»`],
    ["several of them", ` \ufeff"\u200b${key}" \n`],
  ])("%s", (_what, pasted) => {
    expect(cleanKey(pasted)).toBe(key);
  });

  it.each(["a b", "a\nb", "a\u200bb", "a\0", 'a"b', "é"])("but %j stays as it is inside", (text) => {
    expect(cleanKey(` ${text} `)).toBe(text);
  });

  it("and nothing is left of nothing", () => {
    expect(cleanKey("")).toBe("");
    expect(cleanKey(' "" \u200b')).toBe("");
  });

  it.each([
    ["spaces", " ".repeat(65_536)],
    ["spaces around a letter", `${" ".repeat(32_768)}x${" ".repeat(32_768)}`],
    ["spaces inside", `x${" ".repeat(65_536)}x`],
  ])("64 kB of %s take no time", (_what, text) => {
    const startedAt = performance.now();
    cleanKey(text);
    keyForm("openai", text);
    expect(performance.now() - startedAt).toBeLessThan(200);
  });
});

describe("forms", () => {
  it.each(PROVIDERS.flatMap((provider) => Array.from({ length: 20 }, () => [provider] as const)))(
    "a key of %s has its form",
    (provider) => {
      expect(keyForm(provider, keyOf[provider]())).toEqual({ ok: true });
    },
  );

  it.each([
    ["openai", `sk-svcacct-${"a_-9".repeat(37)}`],
    ["openai", `sk-${"a".repeat(20)}T3BlbkFJ${"b".repeat(20)}`],
    ["google", `AQ.${"Ab8_-.".repeat(8)}`],
    ["xai", `xai-${"a_9".repeat(26)}aa`],
    ["anthropic", `sk-ant-api03-${"a_-9".repeat(23)}aAA`],
  ] as const)("the other forms of %s are known too", (provider, key) => {
    expect(keyForm(provider, key)).toEqual({ ok: true });
  });

  it.each(
    PROVIDERS.flatMap((made) => PROVIDERS.filter((field) => field !== made).map((field) => [made, field] as const)),
  )("a key of %s in the field of %s is named", (made, field) => {
    expect(keyForm(field, keyOf[made]())).toMatchObject({ ok: false, looksLike: made });
  });

  it.each([
    ["openai", `sk-admin-${"a".repeat(80)}`, "admin"],
    ["anthropic", `sk-ant-admin01-${"a".repeat(80)}`, "admin"],
    ["anthropic", `sk-ant-oat01-${"a".repeat(80)}`, "oauth"],
    ["google", `ya29.${"a".repeat(80)}`, "oauth"],
  ] as const)("of %s, %j is the wrong kind", (provider, key, wrongKind) => {
    expect(keyForm(provider, key)).toMatchObject({ ok: false, wrongKind });
  });

  it("warns of a GitHub token", () => {
    const form = keyForm("openai", `ghp_${"a".repeat(36)}`);
    expect(form).toMatchObject({ ok: false, hint: expect.stringContaining("GitHub") });
  });

  it.each([
    "",
    "sk-1",
    "sk-a b c d e f g",
    "sk-aaaaaaaaaaaaaaaa\n",
    "sk-aaaaaaaaaaaaa\0",
    "sk-aaaaaaaaa€",
    "x".repeat(MAX_KEY_CHARS + 1),
  ])("no header is asked to carry %j", (key) => {
    expect(unfitReason(key)).toMatch(/[.]$/);
    expect(keyForm("openai", key)).toMatchObject({ ok: false });
  });

  it("a hint never holds any part of the key", () => {
    const key = `zz-${"q7".repeat(30)}`;
    for (const provider of PROVIDERS) expect(JSON.stringify(keyForm(provider, key))).not.toContain("q7q7");
  });
});

it("every provider says where a key is made and revoked, over https, and what to set on it", () => {
  for (const provider of PROVIDERS) {
    const { createKey, revoke, credit, advice } = providerPages[provider];
    for (const page of [createKey, revoke, credit]) expect(page).toMatch(/^https:\/\/[\w.]+\/\S+$/);
    expect(advice.length).toBeGreaterThan(1);
    expect(keyForms[provider].placeholder).toMatch(/…$/);
  }
});
