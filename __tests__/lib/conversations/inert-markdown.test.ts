import { expect, it } from "vitest";
import { inertMarkdown, plainInMarkdown } from "@/lib/conversations/inert-markdown";

it.each([
  ["plain", "a < b and a<b? no: 1<2", "a < b and a<b? no: 1<2".replace("a<b", "a&lt;b")],
  ["HTML", "x <img src=x onerror=alert(1)>", "x &lt;img src=x onerror=alert(1)>"],
  ["an image", "![a](https://evil.example/p.png)", "!\\[a](https://evil.example/p.png)"],
  ["an image by reference", "![a][b]", "!\\[a][b]"],
  ["code in a line", "use `<b>` here", "use `<b>` here"],
  ["a fence", "```html\n<b>\n```\n<b>", "```html\n<b>\n```\n&lt;b>"],
  ["a fence of tildes", "~~~\n<b>\n```\n<i>\n~~~\n<b>", "~~~\n<b>\n```\n<i>\n~~~\n&lt;b>"],
  ["a fence left open", "```\n<b>", "```\n<b>\n```"],
])("keeps the sense of %s", (_, text, expected) => {
  expect(inertMarkdown(text)).toBe(expected);
});

it.each([
  ["a backslash before HTML", "\\\\<img src=x>"],
  ["a backslash before an image", "\\\\![a](https://evil.example)"],
  ["a backtick that opens nothing", "\\` <img src=x> `"],
  ["code that began a line before", "a ` b\n` <img src=x> `"],
  ["cells", "| ` | <img src=x> ` |"],
  ["a fence inside a list", "- a\n  ```\n<img src=x>"],
  ["a fence with a backtick behind it", "``` `\n<img src=x>"],
  ["backticks of another length", "`` <img src=x> `"],
  ["a comment", "<!-- a -->"],
  ["an instruction", "<?php ?>"],
  ["a script after a fence that closed", "```\na\n````\n<script>"],
  ["line ends of old", "```\ra\r```\r<script>"],
])("trusts nothing that viewers may read otherwise: %s", (_, text) => {
  const inert = inertMarkdown(text);
  expect(inert).not.toMatch(/<(img|script|!|\?)/);
  expect(inert).not.toContain("![");
});

it("a title stays in its line and is text", () => {
  expect(plainInMarkdown("a\n# b <i> *c*")).toBe("a \\# b \\<i\\> \\*c\\*");
});
