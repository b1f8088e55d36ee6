import { z } from "zod";
import { id, time } from "@/lib/openapi/fields";

const user = {
  id,
  email: z.string().nullable(),
  name: z.string().nullable(),
  role: z.enum(["user", "admin"]),
};
/** As the caller is told who they are. */
export const CurrentUser = z.object(user).meta({ id: "User" });
export const RegisteredUser = z.object({ ...user, createdAt: time }).meta({ id: "Account" });

export const RegistrationAnswer = z.object({ user: RegisteredUser });

export const Session = z
  .object({
    id,
    userAgent: z.string().nullable().describe("What the browser said of itself."),
    address: z.string().nullable(),
    createdAt: time,
    lastSeenAt: time,
    isCurrent: z.boolean().describe("The one that asks."),
  })
  .meta({ id: "Session" });
