CREATE TABLE "ai"."attachments" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"conversation_id" uuid,
	"name" text NOT NULL,
	"media_type" text NOT NULL,
	"size" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "ai"."conversations" ADD COLUMN "privacy" text DEFAULT 'any' NOT NULL;--> statement-breakpoint
ALTER TABLE "ai"."conversations" ADD COLUMN "reasoning_effort" text;--> statement-breakpoint
ALTER TABLE "ai"."conversations" ADD COLUMN "web_search" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "ai"."attachments" ADD CONSTRAINT "attachments_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "ai"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."attachments" ADD CONSTRAINT "attachments_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "ai"."conversations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "attachments_conversation" ON "ai"."attachments" USING btree ("conversation_id");--> statement-breakpoint
CREATE INDEX "attachments_unsent" ON "ai"."attachments" USING btree ("user_id","created_at") WHERE "ai"."attachments"."conversation_id" is null;