import { preferences } from "@/lib/db/schema";

export const preferenceColumns = {
  sharedKey: preferences.sharedKey,
  whenLeaving: preferences.whenLeaving,
  titleModel: preferences.titleModel,
} as const;
