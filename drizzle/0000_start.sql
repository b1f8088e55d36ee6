CREATE SCHEMA "ai";
--> statement-breakpoint
CREATE TABLE "ai"."audit_events" (
	"user_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"action" text NOT NULL,
	"provider" text,
	"detail" jsonb NOT NULL,
	"address" text,
	"user_agent" text,
	"at" timestamp (3) with time zone NOT NULL,
	"kid" text NOT NULL,
	"prev" text NOT NULL,
	"mac" text NOT NULL,
	CONSTRAINT "audit_events_user_id_seq_pk" PRIMARY KEY("user_id","seq")
);
--> statement-breakpoint
CREATE TABLE "ai"."connect_attempts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"session_id" uuid,
	"provider" text NOT NULL,
	"state_hash" text NOT NULL,
	"mode" text NOT NULL,
	"return_to" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"consumed_at" timestamp (3) with time zone,
	"outcome" text
);
--> statement-breakpoint
CREATE TABLE "ai"."conversations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"title" text,
	"model" text,
	"system" text,
	"pinned" boolean DEFAULT false NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"last_seq" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ai"."data_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"wrapped" text NOT NULL,
	"kek_id" text NOT NULL,
	"state" text NOT NULL,
	"uses" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ai"."identities" (
	"provider" text NOT NULL,
	"provider_account_id" text NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "identities_provider_provider_account_id_pk" PRIMARY KEY("provider","provider_account_id")
);
--> statement-breakpoint
CREATE TABLE "ai"."messages" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"parent_id" uuid,
	"is_current" boolean DEFAULT true NOT NULL,
	"role" text NOT NULL,
	"client_id" text,
	"parts" jsonb NOT NULL,
	"status" text NOT NULL,
	"finish_reason" text,
	"error_code" text,
	"stop_requested_at" timestamp (3) with time zone,
	"heartbeat_at" timestamp (3) with time zone,
	"model" text,
	"key_source" text,
	"key_provider" text,
	"key_hint" text,
	"key_label" text,
	"key_fallback" text,
	"served_model" text,
	"upstream_provider" text,
	"generation_id" text,
	"input_tokens" integer,
	"output_tokens" integer,
	"reasoning_tokens" integer,
	"cached_tokens" integer,
	"cost_usd" numeric,
	"first_token_ms" integer,
	"total_ms" integer,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "ai"."preferences" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"shared_key" text DEFAULT 'allow' NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ai"."rate_limits" (
	"key" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"resets_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ai"."sessions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"user_agent" text,
	"address" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ai"."user_api_keys" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"encrypted_key" text,
	"encryption_key_id" text,
	"key_hash" text,
	"key_hint" text,
	"key_label" text,
	"state" text NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"credits_remaining" numeric,
	"credits_limit" numeric,
	"limit_reset" text,
	"usage" jsonb,
	"is_free_tier" boolean,
	"usage_count" bigint DEFAULT 0 NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"key_set_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"connected_at" timestamp (3) with time zone,
	"last_verified_at" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "user_api_keys_kid_in_text" CHECK ("ai"."user_api_keys"."encrypted_key" is null or ("ai"."user_api_keys"."encrypted_key" like 'v1:%' and "ai"."user_api_keys"."encryption_key_id" = split_part("ai"."user_api_keys"."encrypted_key", ':', 2)) or ("ai"."user_api_keys"."encrypted_key" not like 'v1:%' and "ai"."user_api_keys"."encryption_key_id" is null))
);
--> statement-breakpoint
CREATE TABLE "ai"."users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"email" text NOT NULL,
	"name" text,
	"role" text DEFAULT 'user' NOT NULL,
	"password_hash" text,
	"session_version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "ai"."connect_attempts" ADD CONSTRAINT "connect_attempts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "ai"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."connect_attempts" ADD CONSTRAINT "connect_attempts_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "ai"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."conversations" ADD CONSTRAINT "conversations_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "ai"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."identities" ADD CONSTRAINT "identities_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "ai"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."messages" ADD CONSTRAINT "messages_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "ai"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."messages" ADD CONSTRAINT "messages_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "ai"."conversations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."preferences" ADD CONSTRAINT "preferences_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "ai"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "ai"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."user_api_keys" ADD CONSTRAINT "user_api_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "ai"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_events_action" ON "ai"."audit_events" USING btree ("user_id","action","at");--> statement-breakpoint
CREATE UNIQUE INDEX "connect_attempts_state" ON "ai"."connect_attempts" USING btree ("state_hash");--> statement-breakpoint
CREATE INDEX "connect_attempts_user" ON "ai"."connect_attempts" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "conversations_recent" ON "ai"."conversations" USING btree ("user_id","updated_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "data_keys_one_active" ON "ai"."data_keys" USING btree ("purpose") WHERE "ai"."data_keys"."state" = 'active';--> statement-breakpoint
CREATE INDEX "identities_user" ON "ai"."identities" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_order" ON "ai"."messages" USING btree ("user_id","conversation_id","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_client_id" ON "ai"."messages" USING btree ("user_id","conversation_id","client_id") WHERE "ai"."messages"."client_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "messages_one_streaming" ON "ai"."messages" USING btree ("conversation_id") WHERE "ai"."messages"."status" = 'streaming';--> statement-breakpoint
CREATE INDEX "messages_streaming_heartbeat" ON "ai"."messages" USING btree ("heartbeat_at") WHERE "ai"."messages"."status" = 'streaming';--> statement-breakpoint
CREATE INDEX "messages_shared_spend" ON "ai"."messages" USING btree ("user_id","created_at") WHERE "ai"."messages"."key_source" = 'shared';--> statement-breakpoint
CREATE INDEX "rate_limits_resets" ON "ai"."rate_limits" USING btree ("resets_at");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "ai"."sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_expires" ON "ai"."sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "user_api_keys_owner" ON "ai"."user_api_keys" USING btree ("user_id","provider");--> statement-breakpoint
CREATE INDEX "user_api_keys_kid" ON "ai"."user_api_keys" USING btree ("encryption_key_id");--> statement-breakpoint
CREATE INDEX "user_api_keys_hash" ON "ai"."user_api_keys" USING btree ("key_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_unique" ON "ai"."users" USING btree (lower("email"));