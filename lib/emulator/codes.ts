import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "./clock.ts";
import { type LimitReset, sha256 } from "./keys.ts";
import { Refusal } from "./refusal.ts";

const CODE_LIFETIME_MS = 600_000;
const KEPT_CODES = 10_000;

type ChallengeMethod = "S256" | "plain";

/** What the user agreed to; the code stands for it. */
export interface Grant {
  challenge: string | null;
  method: ChallengeMethod | null;
  label: string;
  limit: number | null;
  limitReset: LimitReset | null;
  expiresAt: string | null;
}

interface IssuedCode {
  grant: Grant;
  issuedAt: number;
  spent: boolean;
}

interface Exchange {
  code: string;
  verifier: string | undefined;
  method: ChallengeMethod | null | undefined;
}

/** Authorization codes: random, single use, ten minutes. Known by their SHA-256 only. */
export class CodeStore {
  readonly #codes = new Map<string, IssuedCode>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(grant: Grant): string {
    const code = randomBytes(24).toString("base64url");
    this.#codes.set(sha256(code), { grant, issuedAt: this.#clock.now(), spent: false });
    if (this.#codes.size > KEPT_CODES) this.#codes.delete(this.#codes.keys().next().value as string);
    return code;
  }

  /**
   * Spends a code. A wrong verifier spends it too; a wrong method does not.
   * @throws Refusal with the status and message of openrouter-wire.md, section 1.3.
   */
  redeem({ code, verifier, method }: Exchange): Grant {
    const issued = this.#codes.get(sha256(code));
    if (!issued || issued.spent) throw new Refusal(403, "Invalid code or code_verifier");
    if (this.#clock.now() - issued.issuedAt >= CODE_LIFETIME_MS) throw new Refusal(403, "Authorization code expired");
    const { challenge, method: expected } = issued.grant;
    const challengeNeverCame = challenge === null && (method != null || verifier !== undefined);
    const methodDiffers = challenge !== null && (method ?? "plain") !== expected;
    if (challengeNeverCame || methodDiffers) throw new Refusal(400, "Invalid code_challenge_method");
    issued.spent = true;
    if (challenge !== null && !verifies(challenge, expected, verifier)) {
      throw new Refusal(403, "Invalid code or code_verifier");
    }
    return issued.grant;
  }
}

function verifies(challenge: string, method: ChallengeMethod | null, verifier: string | undefined): boolean {
  if (verifier === undefined) return false;
  const computed = method === "S256" ? createHash("sha256").update(verifier).digest("base64url") : verifier;
  const [left, right] = [Buffer.from(challenge), Buffer.from(computed)];
  return left.length === right.length && timingSafeEqual(left, right);
}
