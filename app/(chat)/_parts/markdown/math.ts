import rehypeKatex from "rehype-katex";
import remarkMath from "remark-math";
import type { Formulas } from "./tree";

/**
 * MathML only: the browser sets it, with no style sheet and no fonts of its own. `trust: false` shows \href, \url and
 * \includegraphics as text; the two limits keep a formula from growing without end.
 */
export const formulas: Formulas = {
  remark: [[remarkMath, { singleDollarTextMath: false }]],
  rehype: [
    [
      rehypeKatex,
      { output: "mathml", trust: false, strict: "ignore", maxExpand: 200, maxSize: 20, errorColor: "currentColor" },
    ],
  ],
};
