import { z } from "zod";
import { modelId } from "@/lib/openapi/fields";
import type { Group } from "@/lib/openapi/operation";
import { PreferencesPatch } from "./schema";

const Preferences = z
  .object({
    sharedKey: z.enum(["allow", "never"]).describe("Whether the site's shared key may pay when the own key cannot."),
    whenLeaving: z.enum(["finish", "stop"]).describe("What becomes of an answer whose last reader has gone."),
    titleModel: modelId
      .nullable()
      .describe("Names conversations after their first answer; null: their first words do."),
  })
  .meta({ id: "Preferences" });
const example = { sharedKey: "never", whenLeaving: "finish", titleModel: null };

export const preferences: Group = {
  name: "Preferences",
  description: "What the caller wants of this site.",
  operations: [
    {
      id: "readPreferences",
      method: "get",
      path: "/api/preferences",
      summary: "Read the preferences",
      access: "read",
      answers: { 200: { description: "All of them.", schema: Preferences, example } },
    },
    {
      id: "changePreferences",
      method: "put",
      path: "/api/preferences",
      summary: "Change some of the preferences",
      access: "account",
      body: { schema: PreferencesPatch, example: { sharedKey: "never" } },
      maxBytes: 4 * 1024,
      answers: { 200: { description: "All of them as they are now.", schema: Preferences, example } },
      limit: "preferences",
    },
  ],
};
