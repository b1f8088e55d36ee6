const MINUTE = 60;
const HOUR = 60 * MINUTE;

export type Policy = {
  /** Calls a window and subject, before RATE_LIMIT_FACTOR. */
  limit: number;
  windowSeconds: number;
  /** What the user is told; the time to wait is added. */
  message: string;
  /** Calls a window and process while the store (Redis, else the database) does not answer; without it nothing passes. */
  limitWhenDown?: number;
};

const policyTable = {
  register: {
    // By network, as nobody is signed in yet: a whole class signs up behind one address within a lesson.
    limit: 60,
    windowSeconds: HOUR,
    message: "Too many accounts were made from your network. None was made.",
  },
  login_account: {
    limit: 10,
    windowSeconds: 15 * MINUTE,
    message: "Too many sign-in attempts for this account. Browsers that are signed in stay signed in.",
  },
  login_address: { limit: 60, windowSeconds: 15 * MINUTE, message: "Too many sign-in attempts from your network." },
  refresh: {
    // By sign-in. A client that works asks once an hour.
    limit: 60,
    windowSeconds: 15 * MINUTE,
    message: "Too many refreshes of this sign-in. It goes on.",
  },
  create_token: { limit: 30, windowSeconds: HOUR, message: "Too many new tokens. None was made." },
  openrouter_sign_in: {
    // By network, as for registering: nobody is signed in yet.
    limit: 60,
    windowSeconds: 15 * MINUTE,
    message: "Too many attempts to sign in with OpenRouter from your network.",
  },
  lock_account: {
    limit: 10,
    windowSeconds: HOUR,
    message: "The account was locked several times just now.",
    limitWhenDown: 10, // somebody who fears for their keys must not be kept waiting by a fault of ours
  },
  connect: { limit: 10, windowSeconds: HOUR, message: "Too many attempts to connect. Your key is unchanged." },
  test_key: { limit: 10, windowSeconds: MINUTE, message: "Too many key checks. Nothing was stored." },
  save_key: { limit: 20, windowSeconds: HOUR, message: "Too many changes of keys. Your key is unchanged." },
  delete_key: { limit: 20, windowSeconds: HOUR, message: "Too many changes of keys. Your key is unchanged." },
  chat: {
    limit: 60,
    windowSeconds: MINUTE,
    message: "Too many messages in a short time. Nothing was sent or charged.",
    limitWhenDown: 10, // answers go on over a fault of the store: the provider's own limits still stand
  },
  program: {
    limit: 600, // programs ask for many short answers; how many may be open at once is bounded as well
    windowSeconds: MINUTE,
    message: "Too many requests in a short time. Nothing was sent or charged.",
    limitWhenDown: 30,
  },
  attach: {
    limit: 120, // a phone on a bad line comes back every few seconds
    windowSeconds: MINUTE,
    message: "Too many attempts to pick up an answer. It goes on without you.",
    limitWhenDown: 20,
  },
  council: {
    limit: 10, // each asks several models at once
    windowSeconds: MINUTE,
    message: "Too many councils in a short time. Nothing was sent or charged.",
    limitWhenDown: 2,
  },
  upload: { limit: 60, windowSeconds: MINUTE, message: "Too many files in a short time. It was not stored." },
  fork: { limit: 60, windowSeconds: HOUR, message: "Too many forks. Nothing was copied." }, // each stores it all again
  export: { limit: 10, windowSeconds: HOUR, message: "Too many exports. Nothing was written." },
  import: { limit: 30, windowSeconds: HOUR, message: "Too many imports. Nothing was stored." },
  export_conversation: { limit: 60, windowSeconds: MINUTE, message: "Too many exports in a short time." },
  confirm_password: {
    limit: 5,
    windowSeconds: 15 * MINUTE,
    message: "Too many tries with a password. Nothing was changed.",
  },
  preferences: { limit: 60, windowSeconds: MINUTE, message: "Too many changes of settings. Nothing was changed." },
  status_refresh: {
    limit: 20,
    windowSeconds: MINUTE,
    message: "Too many checks with the provider. Nothing was changed.",
  },
} satisfies Record<string, Policy>;

export type PolicyName = keyof typeof policyTable;
export const policies: Record<PolicyName, Policy> = policyTable;
