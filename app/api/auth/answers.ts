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

export const MeAnswer = z.object({ user: RegisteredUser });
export const SignedIn = MeAnswer.extend({
  accessToken: z.string().describe("`cha_…`, for `Authorization: Bearer`."),
  refreshToken: z.string().describe("`chr_…`, for the next pair. It can be spent once."),
  expiresIn: z.int().describe("Seconds for which the access token is good."),
}).meta({ id: "SignedIn" });

export const Session = z
  .object({
    id,
    kind: z.enum(["browser", "program"]),
    userAgent: z.string().nullable().describe("What it said of itself."),
    address: z.string().nullable(),
    createdAt: time,
    lastSeenAt: time,
    isCurrent: z.boolean().describe("The one that asks."),
  })
  .meta({ id: "Session" });
