import type { Group } from "@/lib/openapi/operation";
import { account } from "../account/openapi";
import { attachments } from "../attachments/openapi";
import { auditEvents } from "../audit-events/openapi";
import { signIn } from "../auth/openapi";
import { chat } from "../chat/openapi";
import { conversations } from "../conversations/openapi";
import { health } from "../health/openapi";
import { models } from "../models/openapi";
import { openRouter } from "../openrouter/openapi";
import { preferences } from "../preferences/openapi";
import { keys } from "../provider-configs/openapi";
import { tokens } from "../tokens/openapi";
import { v1 } from "../v1/openapi";

/** Every route that there is: a test holds this against the folders. */
export const groups: Group[] = [
  signIn,
  chat,
  conversations,
  attachments,
  models,
  keys,
  openRouter,
  preferences,
  tokens,
  account,
  auditEvents,
  v1,
  health,
];
