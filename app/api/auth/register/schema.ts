import { z } from "zod";
import { emailSchema } from "@/lib/auth/email";
import { passwordSchema } from "@/lib/auth/password";

export const Registration = z
  .strictObject({
    email: emailSchema,
    password: passwordSchema,
    name: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .regex(/^\P{Cc}*$/u, "must not hold control characters")
      .optional(),
  })
  .refine(({ email, password }) => password.trim().toLowerCase() !== email, {
    path: ["password"],
    message: "must not be the e-mail address",
  });
