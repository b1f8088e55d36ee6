/** States of a data key whose rows can be read; `active` writes too. */
export const READABLE = ["next", "active", "decrypt"] as const;
