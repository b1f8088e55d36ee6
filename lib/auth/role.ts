import { env } from "@/lib/env";

export type Role = "user" | "admin";

/** ADMIN_EMAILS is asked each time, so that taking somebody off the list ends their rights with the restart. */
export const roleOf = (user: { email: string | null; role: Role }): Role =>
  user.email !== null && env().ADMIN_EMAILS.includes(user.email) ? "admin" : user.role;
