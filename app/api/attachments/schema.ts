import { z } from "zod";

/** The file's name, percent-encoded as `encodeURIComponent` does it, because headers are Latin-1. */
export const FileName = z
  .string()
  .max(2000)
  .transform((text, context) => {
    try {
      return decodeURIComponent(text);
    } catch {
      context.addIssue({ code: "custom", message: "not percent-encoded" });
      return z.NEVER;
    }
  });
