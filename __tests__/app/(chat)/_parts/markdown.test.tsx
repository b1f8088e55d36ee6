// @vitest-environment happy-dom
import { cleanup, render } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { Markdown } from "@/app/(chat)/_parts/markdown";

afterEach(cleanup);
const show = (text: string) => render(<Markdown text={text} growing={false} />).container;

describe("what a model writes", () => {
  it.each([
    "javascript:alert(1)",
    "data:text/html,<script>1</script>",
    "vbscript:x",
    "/api/openrouter/disconnect",
    "//evil.example",
  ])("cannot make a link to %s", (address) => {
    const page = show(`[click](${address})`);
    expect(page.querySelector("a")).toBeNull();
    expect(page.textContent).toContain("click");
  });

  it("links to other sites open apart and tell them nothing", () => {
    const link = show("[docs](https://example.org/x)").querySelector("a");
    expect(link?.getAttribute("href")).toBe("https://example.org/x");
    expect(link?.getAttribute("target")).toBe("_blank");
    expect(link?.getAttribute("rel")).toContain("noopener noreferrer");
  });

  it("never loads an image; it is a link that one may follow", () => {
    const page = show("![a map](https://tracker.example/pixel.png)");
    expect(page.querySelector("img")).toBeNull();
    expect(page.querySelector("a")?.textContent).toBe("Picture: a map");
  });

  it("shows markup as text instead of obeying it", () => {
    const page = show(
      'before <img src=x onerror="alert(1)"> <b>bold</b>\n\n<script>alert(1)</script>\n\n<form action="https://evil.example"></form>',
    );
    expect(page.querySelector("img, script, form, b")).toBeNull();
    expect(page.textContent).toContain("<b>bold</b>");
    expect(page.textContent).toContain("<script>alert(1)</script>");
  });

  it("has headings below those of the page", () => {
    const page = show("# One\n\n## Two");
    expect(page.querySelector("h1, h2")).toBeNull();
    expect(page.querySelector("h3")?.textContent).toBe("One");
  });

  it("shows code with its language, unchanged", () => {
    const page = show("```ts\nconst a = '<b>';\n\n  indented();\n```");
    expect(page.querySelector("figcaption")?.textContent).toContain("ts");
    expect(page.querySelector("pre code")?.textContent).toBe("const a = '<b>';\n\n  indented();");
  });

  it("keeps wide tables scrollable by keyboard", () => {
    const region = show("| a | b |\n| - | - |\n| 1 | 2 |").querySelector("section");
    expect(region?.getAttribute("tabindex")).toBe("0");
    expect(region?.querySelectorAll("td")).toHaveLength(2);
  });
});
