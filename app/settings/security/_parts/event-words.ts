import type { AuditEvent } from "@/lib/client/types";
import { outcomeSentences, parseOutcome } from "@/lib/openrouter/outcome";

export type EventWords = { tone: "plain" | "ok" | "warn" | "bad"; title: string; text?: string };

const keyProviders: Record<string, string> = {
  openrouter: "OpenRouter",
  openai: "OpenAI",
  anthropic: "Anthropic",
  google: "Google AI",
  xai: "xAI",
};
const signInProviders: Record<string, string> = { github: "GitHub", google: "Google", openrouter: "OpenRouter" };

const rejections: Record<string, string> = {
  invalid: "It was probably deleted there. Nothing was charged.",
  expired: "It has expired. Nothing was charged.",
  limit_reached: "It has reached its spending limit.",
  out_of_credit: "Its account has no credit left.",
};

const tests: Record<string, string> = {
  valid: "The provider accepts it.",
  restricted: "The provider accepts it, but not for everything.",
  no_credit: "The provider accepts it, but it has nothing left to spend.",
  invalid: "The provider refused it, so nothing was stored.",
  wrong_kind: "It is no key for chatting, so nothing was stored.",
  unchecked: "The provider could not be asked, so nothing was stored.",
};

/** One event of the security log in words: what happened, and what it means where that is not plain. */
export function eventWords({ action, provider, detail }: AuditEvent): EventWords {
  const company = nameIn(keyProviders, provider);
  const key = `${company ?? "provider"} key`;
  const vouching = nameIn(signInProviders, provider);
  const through = vouching ? ` with ${vouching}` : "";
  const times = timesOf(detail.count);
  const named = typeof detail.name === "string" ? ` “${detail.name}”` : "";
  const words = (title: string, text?: string, tone: EventWords["tone"] = "plain") => ({ tone, title, text });
  switch (action) {
    case "registered":
      return words(`You made this account${through}`, undefined, "ok");
    case "signed_in":
      return detail.how === "rest"
        ? words("You signed in with a program", "It works with this account until it signs out, 7 days unused at most.")
        : words(`You signed in${through}`);
    case "signed_out":
      if (detail.how === "rest") return words("A program signed out");
      return typeof detail.others === "number"
        ? words(`You signed out ${detail.others === 1 ? "another session" : `${detail.others} other sessions`}`)
        : words("You signed out");
    case "sign_in_failed":
      if (vouching) {
        return words(
          `A sign-in${through} was refused${times}`,
          `This account has a password, so ${vouching} alone does not open it. If it was not you, nobody got in.`,
          "warn",
        );
      }
      return words(
        `A sign-in failed${times}`,
        "The password was wrong. If it was not you who typed it, somebody may be guessing.",
        "warn",
      );
    case "key_saved":
      return detail.undo === true
        ? words(`Your earlier ${key} was put back`, "The one that had replaced it is forgotten here.", "ok")
        : words(`Your ${key} was saved`, "From then on it pays. It is stored encrypted.", "ok");
    case "key_tested":
      return words(`A key of ${company ?? "a provider"} was tested`, nameIn(tests, String(detail.status)));
    case "key_used":
      return words(`Your ${key} was used${times}`);
    case "shared_key_used":
      return detail.reason === "undecryptable"
        ? words(`The shared key paid${times}`, "Your own key could not be read, so the operator's stepped in.", "warn")
        : words(`The shared key paid${times}`, "You had no key of your own, so the operator's stepped in.");
    case "key_removed":
      return detail.deactivated === true
        ? words(
            `Your ${key} was deactivated`,
            "It was wiped here. It stays valid at the provider until it is deleted there too.",
          )
        : words(`Your ${key} was deleted here`, "It stays valid at the provider until it is deleted there too.");
    case "key_rotated":
      return typeof detail.keys === "number"
        ? words(
            `Your ${detail.keys} keys were encrypted anew`,
            "The operator changed the encryption key. Yours are the same.",
          )
        : words(`Your ${key} was encrypted anew`, "The operator changed the encryption key. Your key is the same.");
    case "key_rejected":
      return words(`${company ?? "The provider"} refused your key`, nameIn(rejections, detail.state), "bad");
    case "key_decrypt_failed":
      return words(
        `Your stored ${key} could not be read`,
        "It was encrypted with a key this server did not have, or the stored copy was altered. Nothing was charged to it.",
        "bad",
      );
    case "openrouter_connected":
      return words("You connected OpenRouter", "A new key came from there and was stored encrypted.", "ok");
    case "openrouter_connect_failed": {
      const outcome = parseOutcome(detail.reason);
      return words("OpenRouter was not connected", outcome && outcomeSentences[outcome], "warn");
    }
    case "preferences_changed":
      if (detail.sharedKey === "never") return words("You ruled out the shared key", "It never pays for you.");
      if (detail.sharedKey === "allow")
        return words("You allowed the shared key", "It may step in when yours is missing.");
      return words("You changed a setting");
    case "token_created":
      return words(`You made the access token${named}`, "Whoever holds it can do what you allowed it.");
    case "token_used":
      return words(`The access token${named} was used${times}`);
    case "token_revoked":
      return words(`You revoked the access token${named}`, "It is worth nothing from then on.");
    case "token_reused":
      return words(
        "A spent sign-in was used again",
        "Two programs held it, or one was restored from a backup. Its session was ended; sign in again there. If you do not know the address, change your password.",
        "bad",
      );
    case "password_changed":
      return words(
        "The password was changed",
        "Every other session was signed out and every access token revoked.",
        "warn",
      );
    case "heads_signed":
      return words("The heads of the security logs were signed"); // in the site's own log, which no account shows
    case "account_locked":
      return words(
        "You locked everything",
        "All keys were removed here, every other session was signed out, access tokens revoked and running answers stopped.",
        "warn",
      );
    case "account_exported":
      return words("You saved a copy of everything", "Conversations, settings, usage and this log; never a key.");
    case "account_imported":
      return words("You brought in conversations from a file");
    case "account_deleted":
      return words("The account was deleted", undefined, "warn");
    default: {
      const plain = action.replaceAll("_", " "); // written by a newer version
      return words(plain.charAt(0).toUpperCase() + plain.slice(1));
    }
  }
}

const nameIn = (names: Record<string, string>, name: unknown): string | undefined =>
  typeof name === "string" && Object.hasOwn(names, name) ? names[name] : undefined;

function timesOf(count: unknown): string {
  if (typeof count !== "number" || count < 2) return "";
  return count === 2 ? " twice" : ` ${count.toLocaleString("en-US")} times`;
}
