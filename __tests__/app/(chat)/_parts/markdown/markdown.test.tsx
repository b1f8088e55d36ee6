// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Markdown } from "@/app/(chat)/_parts/markdown/markdown";

// A page has a doctype; without one KaTeX complains.
beforeAll(() => void Object.defineProperty(document, "compatMode", { value: "CSS1Compat" }));
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

  it("never loads an image; it is a card with its host on it, which opens apart", () => {
    const page = show("![a map](https://tracker.example/pixel.png)");
    expect(page.querySelector("img")).toBeNull();
    expect(page.querySelector("a")?.textContent).toMatch(/^Picture: a map.*tracker\.example$/);
    expect(page.querySelector("a")?.getAttribute("target")).toBe("_blank");
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
    expect(page.querySelector("figcaption")?.textContent).toContain("TypeScript");
    expect(page.querySelector("pre code")?.textContent).toBe("const a = '<b>';\n\n  indented();");
  });

  it("keeps wide tables scrollable by keyboard", () => {
    const region = show("| a | b |\n| - | - |\n| 1 | 2 |").querySelector("section");
    expect(region?.getAttribute("tabindex")).toBe("0");
    expect(region?.querySelectorAll("td")).toHaveLength(2);
  });

  it.each([
    ["[our bank](https://evil.example/?q=secret)", "evil.example"],
    ["[https://bank.example](https://evil.example)", "evil.example"],
    ["<https://bank.example@evil.example/>", "evil.example"],
    ["[bаnk.example](https://bаnk.example)", "xn--bnk-"],
    ["[words][x]\n\n[x]: https://evil.example", "evil.example"],
  ])("asks before it follows %s, and shows the whole host", (text, host) => {
    const page = show(text);
    const link = page.querySelector("a");
    expect(fireEvent.click(link as Element)).toBe(false);
    expect(screen.getByRole("dialog").textContent).toContain(host);
    expect(screen.getByRole("link", { name: "Open" }).getAttribute("rel")).toContain("noreferrer");
  });

  it.each(["https://example.org/a", "[example.org](https://example.org/a)", "<https://www.example.org>"])(
    "follows %s, which says where it leads, at once",
    (text) => {
      const link = show(text).querySelector("a") as Element;
      const left: boolean[] = [];
      const stay = (event: Event) => {
        left.push(!event.defaultPrevented);
        event.preventDefault();
      };
      window.addEventListener("click", stay, { once: true });
      fireEvent.click(link);
      expect(left).toEqual([true]);
      expect(screen.queryByRole("dialog")).toBeNull();
    },
  );

  it("shows formulas as MathML, and money as money", async () => {
    const page = show("It costs $5, then $10. But $e^{i\\pi}$ and \\(x\\) and\n\n\\[\n\\frac{1}{2}\n\\]");
    await vi.waitFor(() => expect(page.querySelectorAll("math")).toHaveLength(3));
    expect(page.querySelector("math[display=block] mfrac")).not.toBeNull();
    expect(page.textContent).toContain("costs $5, then $10.");
  });

  it.each(["\\href{javascript:alert(1)}{x}", "\\includegraphics{https://evil.example/x.png}", "\\def\\a{\\a\\a}\\a"])(
    "obeys no command in a formula that reaches outside of it: %s",
    async (formula) => {
      const page = show(`$$\n${formula}\n$$\n\n$x$`);
      await vi.waitFor(() => expect(page.querySelector("math mi")).not.toBeNull());
      expect(page.querySelector("a, img, [href], [src]")).toBeNull();
    },
  );

  it("shows code coloured once its grammar is there, and every character of it unchanged", async () => {
    const code = Array.from({ length: 90 }, (_, n) => `const a${n} = "b${n}"; // c`).join("\n");
    const page = show(`\`\`\`ts\n${code}\n\`\`\``);
    await vi.waitFor(
      () => expect(page.querySelectorAll("pre code > span:last-child span").length).toBeGreaterThan(5),
      5000,
    );
    expect(page.querySelector("pre")?.textContent).toBe(code);
    expect(page.querySelector("figcaption")?.textContent).toContain("TypeScript");
  });

  it("makes characters visible that would let code read otherwise than it runs", () => {
    const page = show("```js\nif (admin\u202e // \u2066) {\n```");
    expect(page.querySelector("pre")?.textContent).toContain("⟨U+202E⟩");
    expect(page.textContent).toContain("hidden characters");
  });

  it("gathers footnotes at the end, numbered, with links there", () => {
    const page = show("One[^a] two[^b].\n\n[^b]: second\n[^a]: first");
    const marks = [...page.querySelectorAll("sup a")];
    expect(marks.map((mark) => mark.textContent)).toEqual(["1", "2"]);
    const notes = [...page.querySelectorAll("section[aria-label=Footnotes] li")];
    expect(notes.map((note) => note.textContent?.trim())).toEqual(["first", "second"]);
    expect(marks[0]?.getAttribute("href")).toBe(`#${notes[0]?.id}`);
  });

  it("shows the first rows of an endless table, and the others when asked", () => {
    const rows = Array.from({ length: 1000 }, (_, n) => `| ${n} | x |`).join("\n");
    const page = show(`| a | b |\n|---|---|\n${rows}`);
    expect(page.querySelectorAll("tbody tr")).toHaveLength(200);
    fireEvent.click(screen.getByRole("button", { name: "Show more rows (800 left)" }));
    expect(page.querySelectorAll("tbody tr")).toHaveLength(600);
    expect(page.querySelectorAll("table")).toHaveLength(1);
  });

  it("has line breaks in cells, lists of tasks with their state in words, and nothing else of HTML", () => {
    const page = show("| a |\n|---|\n| x<br>y |\n\n- [x] done\n- [ ] open\n\n`<br>`");
    expect(page.querySelectorAll("td br")).toHaveLength(1);
    expect([...page.querySelectorAll("li [role=img]")].map((box) => box.getAttribute("aria-label"))).toEqual([
      "Done:",
      "To do:",
    ]);
    expect(page.querySelector("p code")?.textContent).toBe("<br>");
  });

  it("closes what is still open at the end of a growing answer", () => {
    const grow = (text: string) => render(<Markdown text={text} growing />).container;
    expect(grow("some **bold").querySelector("strong")?.textContent).toBe("bold");
    expect(grow("a [link](https://exam").querySelector("a")).toBeNull();
    expect(grow("words\n\n| a | b |").textContent).not.toContain("|");
    expect(grow("```ts\nlet a").querySelector("pre")?.textContent).toBe("let a");
  });

  it.each([
    [">".repeat(12_000)],
    [`${"*".repeat(6000)}a${"*".repeat(6000)}`],
    ["*a_".repeat(4000)],
    ["[a](".repeat(3000)],
    [Array.from({ length: 100 }, (_, n) => `${" ".repeat(n * 2)}- a`).join("\n")],
  ])("is shown as written where nobody could have meant it: %#", (text) => {
    expect(show(text).textContent?.replace(/\s/g, "").length).toBeGreaterThan(99);
  });
});
