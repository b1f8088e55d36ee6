import { z } from "zod";
import { nameSchema } from "@/lib/auth/name";
import { passwordSchema } from "@/lib/auth/password";

export const AccountPatch = z.strictObject({
  /** null takes it away. */
  name: nameSchema.nullable(),
});

/** What is typed by whoever deletes an account without a password. */
export const DELETION_WORDS = "delete my account";

export const AccountDeletion = z.union([
  z.strictObject({ password: z.string().max(512) }),
  z.strictObject({ confirm: z.literal(DELETION_WORDS) }),
]);

export const PasswordChange = z.strictObject({ currentPassword: z.string().max(512), newPassword: passwordSchema });

export const NoQuery = z.strictObject({});

export const ImportQuery = z.strictObject({
  /** Looks what is in the file and writes nothing. */
  dryRun: z
    .enum(["true", "false"])
    .transform((word) => word === "true")
    .optional(),
});
