import { z } from "zod";
import { emailSchema } from "@/lib/auth/email";
import { nameSchema } from "@/lib/auth/name";
import { passwordSchema } from "@/lib/auth/password";

export const Registration = z
  .strictObject({
    email: emailSchema,
    password: passwordSchema,
    name: nameSchema.optional(),
  })
  .refine(({ email, password }) => password.trim().toLowerCase() !== email, {
    path: ["password"],
    message: "must not be the e-mail address",
  });
