export type Preferences = {
  /** Whether the operator's shared key may pay when the user's own cannot. */
  sharedKey: "allow" | "never";
  /** What becomes of an answer whose last reader has gone. */
  whenLeaving: "finish" | "stop";
};

export const defaultPreferences: Preferences = { sharedKey: "allow", whenLeaving: "finish" };
