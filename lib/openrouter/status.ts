import { findKey } from "@/lib/keys/find-key";
import type { KeyState, Usage, UserApiKey } from "@/lib/keys/user-api-key";
import { refreshStatus } from "./refresh-status";
import { revokeUrl } from "./revoke-url";

const MAX_AGE_MS = 5 * 60_000;

/** The state of the user's OpenRouter connection (contract.md, section 4). Money is USD, times are ISO 8601. */
export type ConnectionStatus = {
  connected: boolean;
  state: Exclude<KeyState, "inactive"> | null;
  keyLabel: string | null;
  keyHint: string | null;
  creditsRemaining: string | null;
  creditsLimit: string | null;
  limitReset: string | null;
  usage: Usage | null;
  isFreeTier: boolean | null;
  expiresAt: string | null;
  connectedAt: string | null;
  lastVerifiedAt: string | null;
  revokeUrl: string | null;
};

const notConnected: ConnectionStatus = {
  connected: false,
  state: null,
  keyLabel: null,
  keyHint: null,
  creditsRemaining: null,
  creditsLimit: null,
  limitReset: null,
  usage: null,
  isFreeTier: null,
  expiresAt: null,
  connectedAt: null,
  lastVerifiedAt: null,
  revokeUrl: null,
};

/**
 * What is known of the connection: as stored, unless `refresh` asks or it is older than 5 minutes; then OpenRouter is
 * asked first. When OpenRouter does not answer, what is stored is shown, with the time it was last verified.
 */
export async function getStatus({ userId, refresh }: { userId: string; refresh: boolean }): Promise<ConnectionStatus> {
  const owner = { userId, provider: "openrouter" } as const;
  let key = await findKey(owner);
  if (isConnected(key) && (refresh || isStale(key))) {
    await refreshStatus({ userId, asked: refresh });
    key = await findKey(owner);
  }
  const url = isConnected(key) && key.state !== "undecryptable" ? await revokeUrl(userId) : null;
  if (url === null) key = await findKey(owner); // opening it may have shown that it does not open
  if (!isConnected(key)) return notConnected;
  return {
    connected: true,
    state: key.state,
    keyLabel: key.keyLabel,
    keyHint: key.keyHint,
    creditsRemaining: key.creditsRemaining,
    creditsLimit: key.creditsLimit,
    limitReset: key.limitReset,
    usage: key.usage,
    isFreeTier: key.isFreeTier,
    expiresAt: key.expiresAt?.toISOString() ?? null,
    connectedAt: (key.connectedAt ?? key.keySetAt).toISOString(),
    lastVerifiedAt: key.lastVerifiedAt?.toISOString() ?? null,
    revokeUrl: url,
  };
}

const isConnected = (key: UserApiKey | undefined): key is UserApiKey & { state: Exclude<KeyState, "inactive"> } =>
  key !== undefined && key.state !== "inactive";

const isStale = ({ lastVerifiedAt }: UserApiKey) =>
  lastVerifiedAt === null || Date.now() - lastVerifiedAt.getTime() > MAX_AGE_MS;
