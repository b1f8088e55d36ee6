import { createDecipheriv, pbkdf2Sync } from "node:crypto";
import { z } from "zod";
import { decode, derivedOnce, NotOpened, type OpenOldForm, openOrRefuse } from "./old-form";

export type AesGcmJsonOptions = {
  secret: string;
  /** PBKDF2's salt, as text, for records that bring none of their own. */
  salt?: string;
  iterations: number;
  digest: "sha256" | "sha512" | "sha1";
  encoding: "base64" | "hex";
};

const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** The names that such records have for their parts. Without a tag it is the end of the ciphertext, as WebCrypto has it. */
const record = z
  .object({
    iv: z.string().optional(),
    nonce: z.string().optional(),
    ciphertext: z.string().optional(),
    data: z.string().optional(),
    encrypted: z.string().optional(),
    tag: z.string().optional(),
    authTag: z.string().optional(),
    salt: z.string().optional(),
    iterations: z.number().int().min(1).max(10_000_000).optional(),
  })
  .transform(({ iv, nonce, ciphertext, data, encrypted, tag, authTag, ...rest }) => {
    return { ...rest, iv: iv ?? nonce, ciphertext: ciphertext ?? data ?? encrypted, tag: tag ?? authTag };
  });

/** AES-256-GCM under PBKDF2 of a secret, as a JSON object of `iv`, `ciphertext`, `tag` and perhaps `salt`, `iterations`. */
export function aesGcmJson({ secret, salt, iterations, digest, encoding }: AesGcmJsonOptions): OpenOldForm {
  const keyFor = (rounds: number) => derivedOnce((bytes) => pbkdf2Sync(secret, bytes, rounds, KEY_BYTES, digest));
  const common = keyFor(iterations);

  return (stored) => {
    const { ciphertext, iv, tag, ...own } = parse(stored);
    if (ciphertext === undefined || iv === undefined) throw new NotOpened("has no iv and ciphertext");
    if (own.salt === undefined && salt === undefined) throw new NotOpened("has no salt: name it with --salt");
    return openOrRefuse(() => {
      const saltBytes = own.salt === undefined ? Buffer.from(String(salt), "utf8") : decode(own.salt, encoding);
      const key = (own.iterations === undefined ? common : keyFor(own.iterations))(saltBytes);
      const bytes = decode(ciphertext, encoding);
      const [body, end] =
        tag === undefined
          ? [bytes.subarray(0, -TAG_BYTES), bytes.subarray(-TAG_BYTES)]
          : [bytes, decode(tag, encoding)];
      const decipher = createDecipheriv("aes-256-gcm", key, decode(iv, encoding), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(end);
      return Buffer.concat([decipher.update(body), decipher.final()]);
    });
  };
}

function parse(stored: string) {
  let value: unknown;
  try {
    value = JSON.parse(stored);
  } catch {
    throw new NotOpened("is not a JSON object");
  }
  const result = record.safeParse(value);
  if (!result.success) throw new NotOpened("is not a JSON object of texts: iv, ciphertext, tag, salt");
  return result.data;
}
