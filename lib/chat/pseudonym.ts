import { createHmac } from "node:crypto";
import { env } from "@/lib/env";

/** A stable id for OpenRouter's abuse isolation that says nothing about who it is. */
export const pseudonym = (userId: string): string =>
  createHmac("sha256", env().NEXTAUTH_SECRET).update(`openrouter-user\0${userId}`).digest("base64url");
