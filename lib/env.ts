import "server-only";
import { createSecretKey, type KeyObject } from "node:crypto";
import { z } from "zod";

const KEY_BYTES = 32;
const ENCRYPTION_KEY_MEND = "Make one with: openssl rand -base64 32";

/** A configuration fault. The message names each variable, the reason and the mend, never a value. */
export class EnvError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EnvError";
  }
}

/**
 * Reads a key encryption key: standard base64 of exactly 32 bytes, decoded and encoded again, so that look-alikes
 * (url-safe, unpadded, hex) are refused instead of giving another key.
 *
 * @throws EnvError with the reason and the mend, never the value.
 */
export function parseEncryptionKey(text: string): KeyObject {
  const bytes = Buffer.from(text, "base64");
  const reason =
    bytes.toString("base64") !== text
      ? "it is not standard base64"
      : bytes.length !== KEY_BYTES
        ? `it holds ${bytes.length} bytes instead of ${KEY_BYTES}`
        : new Set(bytes).size < 8
          ? "it repeats a few bytes, so it is not random"
          : isSeries(bytes)
            ? "its bytes only count up or down, so it is not random"
            : undefined;
  try {
    if (reason) throw new EnvError(`${reason}. ${ENCRYPTION_KEY_MEND}`);
    return createSecretKey(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** 00 01 02 …, ff fe fd …, or any other step: documentation and tests are full of them. */
const isSeries = (bytes: Buffer): boolean => {
  const step = (Number(bytes[1]) - Number(bytes[0])) & 0xff;
  return bytes.every((byte, at) => at === 0 || ((byte - Number(bytes[at - 1])) & 0xff) === step);
};

const encryptionKey = z.string().transform((text, context) => {
  try {
    return parseEncryptionKey(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as EnvError).message });
    return z.NEVER;
  }
});
const vaultKeyName = z.string().regex(/^[\w.-]{1,128}$/, "it is not the name of a key in Vault's transit engine");
const awsKeyId = z.string().regex(/^[\w/:-]{1,196}$/, "it is not the id, ARN or alias of a key in AWS KMS");
const commaList = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .transform((parts) => parts.filter((part) => part !== ""));

const isLoopback = (host: string) => host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);

/** An origin or base URL: https, or http on loopback; no credentials, query or fragment. */
const safeUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const refuse = (message: string) => {
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  };
  if (!url || !/^https?:$/.test(url.protocol))
    return refuse("it is not an http(s) URL. Write it like https://example.org");
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    return refuse("it must be https unless it is on this machine");
  if (url.username || url.password || url.search || url.hash)
    return refuse("it must not carry a user, query or fragment");
  return url.href.replace(/\/+$/, "");
});

/** An origin as browsers write it, so that it can be compared letter by letter. */
const origin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text && !text.includes("*"),
    "an entry is not an origin. Write it like https://app.example.org, without a path or a slash at the end",
  );

/** Where the key encryption key may live: in one of them. */
const KEY_PLACES = ["ENCRYPTION_KEY", "ENCRYPTION_KEY_FILE", "VAULT_TRANSIT_KEY", "AWS_KMS_KEY_ID"] as const;

const schema = z
  .object({
    PORT: z.coerce.number().int().min(1).max(65_535).default(3000),
    /** Public URL. The OAuth callback and every absolute link come from it, never from `Host`. */
    NEXT_PUBLIC_APP_URL: safeUrl.optional(),
    /** Postgres connection string. Unset: embedded database under DATA_DIR. */
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\/\S+$/, "it is not a Postgres URL. Write it like postgres://user@host:5432/name")
      .optional(),
    /** Folder of the embedded database and its lock. */
    DATA_DIR: z.string().default(".data"),
    /** 32 bytes, standard base64. Wraps the data keys. */
    ENCRYPTION_KEY: encryptionKey.optional(),
    /** A file that holds ENCRYPTION_KEY instead. */
    ENCRYPTION_KEY_FILE: z.string().optional(),
    /** Earlier keys, comma-separated: decrypt only. */
    ENCRYPTION_KEY_PREVIOUS: commaList.pipe(z.array(encryptionKey)).default([]),
    /** Name of a key of Vault's transit engine, in place of ENCRYPTION_KEY. */
    VAULT_TRANSIT_KEY: vaultKeyName.optional(),
    /** An earlier one: decrypt only. */
    VAULT_TRANSIT_KEY_PREVIOUS: vaultKeyName.optional(),
    /** Origin of HashiCorp Vault. */
    VAULT_ADDR: safeUrl.optional(),
    VAULT_TOKEN: z
      .string()
      .regex(/^[\x21-\x7e]+$/, "it holds spaces or other characters no token has")
      .optional(),
    /** A file that holds VAULT_TOKEN instead; read anew for every call. */
    VAULT_TOKEN_FILE: z.string().optional(),
    VAULT_NAMESPACE: z
      .string()
      .regex(/^[\w./-]+$/, "it is not the name of a namespace")
      .optional(),
    /** Id, ARN or alias of a symmetric key in AWS KMS, in place of ENCRYPTION_KEY. */
    AWS_KMS_KEY_ID: awsKeyId.optional(),
    /** An earlier one: decrypt only. */
    AWS_KMS_KEY_ID_PREVIOUS: awsKeyId.optional(),
    /** `false` refuses rows in the plain form iv:authTag:ciphertext. */
    ACCEPT_PLAIN_FORM: z.enum(["true", "false"]).default("true"),
    /** Signs sessions. Never equal to ENCRYPTION_KEY. */
    NEXTAUTH_SECRET: z.string().min(32, "it is shorter than 32 characters. Make one with: openssl rand -base64 32"),
    /** The operator's shared key. Unset: no shared key. */
    OPENROUTER_API_KEY: z
      .string()
      .regex(/^[\x21-\x7e]+$/, "it holds spaces or other characters no key has")
      .optional(),
    /** Origin of OpenRouter: /auth and /api/v1 hang off it. */
    OPENROUTER_URL: safeUrl.default("https://openrouter.ai"),
    OPENAI_BASE_URL: safeUrl.default("https://api.openai.com/v1"),
    ANTHROPIC_BASE_URL: safeUrl.default("https://api.anthropic.com/v1"),
    GOOGLE_BASE_URL: safeUrl.default("https://generativelanguage.googleapis.com/v1beta"),
    XAI_BASE_URL: safeUrl.default("https://api.x.ai/v1"),
    /** Model ids the shared key may be used for, `*` wildcards. */
    SHARED_KEY_MODELS: commaList.default(["*"]),
    /** Spend in USD per user and day on the shared key. */
    SHARED_KEY_DAILY_USD: z.coerce.number().positive().optional(),
    REDIS_URL: z
      .string()
      .regex(/^rediss?:\/\/\S+$/, "it is not a Redis URL")
      .optional(),
    /** Origins of other frontends, comma-separated. They use tokens, never cookies. */
    CORS_ORIGINS: commaList.pipe(z.array(origin)).default([]),
    REGISTRATION: z.enum(["open", "closed"]).default("open"),
    ADMIN_EMAILS: commaList.transform((list) => list.map((email) => email.toLowerCase())).default([]),
    GITHUB_ID: z.string().optional(),
    GITHUB_SECRET: z.string().optional(),
    GOOGLE_ID: z.string().optional(),
    GOOGLE_SECRET: z.string().optional(),
    /** Multiplies every rate limit. */
    RATE_LIMIT_FACTOR: z.coerce.number().positive().default(1),
    /** Take the client address from X-Forwarded-For. */
    TRUST_PROXY: z
      .enum(["on", "off", "true", "false", "1", "0"])
      .default("off")
      .transform((v) => ["on", "true", "1"].includes(v)),
    METRICS_TOKEN: z.string().min(16).optional(),
    LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
    NODE_ENV: z.string().optional(),
  })
  .superRefine((env, context) => {
    const refuse = (name: string, message: string) => context.addIssue({ code: "custom", path: [name], message });
    const [place, ...more] = KEY_PLACES.filter((name) => env[name]);
    if (!place) refuse("ENCRYPTION_KEY", `it is missing. ${ENCRYPTION_KEY_MEND}`);
    for (const name of more) refuse(name, `${place} is set too. Keep only one of them`);
    if (env.VAULT_TRANSIT_KEY || env.VAULT_TRANSIT_KEY_PREVIOUS) {
      if (!env.VAULT_ADDR) refuse("VAULT_ADDR", "it is missing, but a key in Vault is named");
      if (Boolean(env.VAULT_TOKEN) === Boolean(env.VAULT_TOKEN_FILE))
        refuse("VAULT_TOKEN", "exactly one of VAULT_TOKEN and VAULT_TOKEN_FILE must be set");
    }
    const secret = Buffer.from(env.NEXTAUTH_SECRET, "base64");
    if (secret.length === KEY_BYTES && env.ENCRYPTION_KEY?.equals(createSecretKey(secret))) {
      refuse("NEXTAUTH_SECRET", "it equals ENCRYPTION_KEY. Make another one with: openssl rand -base64 32");
    }
    for (const name of ["GITHUB", "GOOGLE"] as const) {
      if (Boolean(env[`${name}_ID`]) !== Boolean(env[`${name}_SECRET`])) {
        refuse(`${name}_SECRET`, `${name}_ID and ${name}_SECRET must be set together`);
      }
    }
  })
  .transform((env) => {
    const appUrl = env.NEXT_PUBLIC_APP_URL ?? `http://localhost:${env.PORT}`;
    /** The origin alone is what browsers send in `Origin`. */
    return { ...env, NEXT_PUBLIC_APP_URL: appUrl, APP_ORIGIN: new URL(appUrl).origin };
  });

export type Env = z.output<typeof schema>;

/** @throws EnvError naming every bad variable. Empty means unset. */
export function parseEnv(source: Record<string, string | undefined>): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ""));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${String(issue.path[0] ?? "environment")}: ${describe(issue)}`);
  throw new EnvError(`The configuration has a fault:\n${[...new Set(lines)].join("\n")}`);
}

/** zod's own texts may quote the received value, so only ours and the plain kinds are passed on. */
function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === "custom" || issue.code === "invalid_format") return issue.message;
  if (issue.code === "invalid_type")
    return issue.message.endsWith("undefined") ? "it is missing" : "it is not a number";
  if (issue.code === "too_small" || issue.code === "too_big") return issue.message;
  if (issue.code === "invalid_value") return `it must be one of ${issue.values.join(", ")}`;
  return "it is not valid";
}

const SECRET_NAMES = ["ENCRYPTION_KEY", "ENCRYPTION_KEY_PREVIOUS", "VAULT_TOKEN"];
const shared = globalThis as { __chatelaineEnv?: Env };

/**
 * Parsed on first use, not on import, so that `next build` needs no secrets; kept on `globalThis`, because the
 * encryption keys are taken out of `process.env` after reading and a hot reload must not ask for them again.
 */
export function env(): Env {
  if (!shared.__chatelaineEnv) {
    shared.__chatelaineEnv = parseEnv(process.env);
    for (const name of SECRET_NAMES) delete process.env[name];
  }
  return shared.__chatelaineEnv;
}
