export type Preferences = {
  /** Whether the operator's shared key may pay when the user's own cannot. */
  sharedKey: "allow" | "never";
  /** What becomes of an answer whose last reader has gone. */
  whenLeaving: "finish" | "stop";
  /** The model that names conversations after their first answer; null: their first words do. */
  titleModel: string | null;
};

export const defaultPreferences: Preferences = { sharedKey: "allow", whenLeaving: "finish", titleModel: null };
