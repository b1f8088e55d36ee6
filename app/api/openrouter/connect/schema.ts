import { z } from "zod";

export const ConnectQuery = z.strictObject({
  mode: z.enum(["redirect", "popup"]).default("redirect"),
  /** Any text: what is no path of this site becomes the default. */
  returnTo: z.string().optional(),
});
