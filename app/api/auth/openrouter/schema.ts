import { z } from "zod";

export const SignInQuery = z.strictObject({
  /** Any text: what is no path of this site becomes the front page. */
  returnTo: z.string().optional(),
});
