import { lockReason } from "@/lib/keyring/lock";

/** What to tell people while this process runs without its encryption keys; undefined when it has them. */
export const lockedSentence = (): string | undefined => lockReason()?.message;
