import { z } from "zod";

export const ConnectQuery = z.strictObject({
  mode: z.enum(["redirect", "popup"]).default("redirect"),
  returnTo: z.string().optional().describe("Any text: what is no path of this site becomes the default."),
  attempt: z
    .uuid()
    .optional()
    .describe("The page's own name for a popup's attempt, by which it knows the outcome as its own. No secret."),
});
