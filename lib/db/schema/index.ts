export { auditEvents } from "./audit";
export { identities, preferences, rateLimits, sessions, users } from "./auth";
export {
  answerEvents,
  attachments,
  conversations,
  type FilePart,
  type MessagePart,
  messages,
  type SourcePart,
  type TextPart,
} from "./conversations";
export { instances } from "./instances";
export { connectAttempts, dataKeys, type KeyUsage, keyUseDays, replacedKeys, userApiKeys } from "./keys";
export { ai } from "./table";
export { calls, personalTokens, tokenFamilies } from "./tokens";
