import type { Tx } from "@/lib/db/client";

type AccountEvent = {
  userId: string;
  /** GitHub or Google, where they vouched for the person. */
  provider?: string;
  address: string;
  userAgent: string | null;
};
export type RecordedAction = "registered" | "signed_in" | "signed_out";

/** The account's security log. It is a room that this one may not see, so the app hands it in. */
export type AccountLog = {
  /** Asked for before a transaction, the function writes in it. */
  recorder: () => Promise<(tx: Tx, event: AccountEvent & { action: RecordedAction }) => Promise<void>>;
  /** Takes note and writes later, so that an answer takes as long whether or not there is such an account. */
  gather: (event: AccountEvent & { action: "sign_in_failed"; detail?: { reason: string } }) => void;
};

/** Runs in the transaction that made or ended something of this account; what it throws undoes that. */
export type Alongside = (tx: Tx, userId: string) => Promise<void>;
