export type Preferences = {
  /** Whether the operator's shared key may pay when the user's own cannot. */
  sharedKey: "allow" | "never";
};

export const defaultPreferences: Preferences = { sharedKey: "allow" };
