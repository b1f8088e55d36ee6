import { record } from "@/lib/audit/record";
import { renewSessions } from "@/lib/auth/session";
import type { SessionToken } from "@/lib/auth/session-token";
import { stopOwnAnswers } from "@/lib/chat/stop";
import { requestStopAll } from "@/lib/conversations/request-stop";
import { db } from "@/lib/db/client";
import { deactivateAllKeys } from "@/lib/keys/deactivate-key";
import { lockKeys } from "@/lib/keys/lock-key";
import type { Provider } from "@/lib/providers/names";
import { stopCalls } from "@/lib/v1/open-calls";
import { findRevokePages, type RevokePage } from "./revoke-pages";

export type Lock = {
  /** Providers whose key was removed here just now. */
  deactivated: Provider[];
  /** Where each key that is or was here can be revoked: only its provider can make it worthless everywhere. */
  revokePages: RevokePage[];
  /** Without the caller's own, which goes on under a new cookie. */
  sessionsEnded: number;
  /** Personal access tokens. */
  tokensRevoked: number;
  answersStopped: number;
};

/**
 * "Lock everything", for somebody who fears that another person is in the account: ends all sessions and tokens, wipes
 * all keys and stops all answers, in one transaction with its events. A browser that asked stays signed in, by a session
 * of its own, to read where to revoke the keys. Doing it again changes nothing more.
 */
export async function lockAccount(caller: {
  userId: string;
  address: string;
  userAgent: string | undefined;
  isBrowser: boolean;
}): Promise<{ lock: Lock; session: SessionToken | undefined }> {
  const { userId, address, userAgent, isBrowser } = caller;
  const revokePages = await findRevokePages(userId);
  const done = await (await db()).transaction(async (tx) => {
    await lockKeys(tx, userId); // before sessions: whoever saves a key holds this, and then asks for those
    const { session, ended } = await renewSessions(tx, { userId, address, userAgent: userAgent ?? null, isBrowser });
    const deactivated = await deactivateAllKeys({ userId, address, userAgent }, tx);
    const answersStopped = await requestStopAll(userId, tx);
    const sessionsEnded = Math.max(0, ended.sessions - 1);
    const tokensRevoked = ended.tokens;
    const detail = { keys: deactivated.length, sessionsEnded, tokensRevoked, answersStopped };
    await record(tx, { userId, action: "account_locked", detail, address, userAgent });
    return { session, deactivated, answersStopped, sessionsEnded, tokensRevoked };
  });
  await stopOwnAnswers(userId);
  stopCalls({ userId });
  const { session, ...rest } = done;
  return { lock: { ...rest, revokePages }, session };
}
