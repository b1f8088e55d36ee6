import type { z } from "zod";
import type { AccountDeletion, PasswordChange } from "@/app/api/account/schema";
import type { ChatRequest, TemporaryRequest } from "@/app/api/chat/schema";
import type { ConversationChange, NewConversation } from "@/app/api/conversations/schema";
import type { PreferencesPatch } from "@/app/api/preferences/schema";
import type { NewKey as NewKeySchema, TestKey as TestKeySchema } from "@/app/api/provider-configs/schema";
import type { NewToken } from "@/app/api/tokens/schema";

/** What the routes take: read off the very schemas that check it. Types only, so nothing of the server comes along. */

export type AccountDeletionInput = z.input<typeof AccountDeletion>;
export type PasswordInput = z.input<typeof PasswordChange>;
export type ChatInput = z.input<typeof ChatRequest>;
export type TemporaryInput = z.input<typeof TemporaryRequest>;
export type NewConversationInput = z.input<typeof NewConversation>;
export type ConversationPatch = z.input<typeof ConversationChange>;
export type NewTokenInput = z.input<typeof NewToken>;
export type Preferences = z.output<typeof PreferencesPatch>;

export type NewKey = z.input<typeof NewKeySchema>;
export type TestKey = z.input<typeof TestKeySchema>;
/** What stands beside a key and changes without touching it. */
export type KeySettings = NonNullable<NewKey["settings"]>;
export type ProviderId = NewKey["provider"];
