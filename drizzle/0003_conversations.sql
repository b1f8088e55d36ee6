CREATE TABLE "ai"."answer_events" (
	"message_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"events" text NOT NULL,
	CONSTRAINT "answer_events_message_id_seq_pk" PRIMARY KEY("message_id","seq")
);
--> statement-breakpoint
ALTER TABLE "ai"."conversations" ADD COLUMN "title_source" text DEFAULT 'first_words' NOT NULL;--> statement-breakpoint
ALTER TABLE "ai"."conversations" ADD COLUMN "title_search" "tsvector" GENERATED ALWAYS AS (to_tsvector('simple', coalesce(left(title, 1000), ''))) STORED;--> statement-breakpoint
ALTER TABLE "ai"."conversations" ADD COLUMN "leaf_id" uuid;--> statement-breakpoint
ALTER TABLE "ai"."messages" ADD COLUMN "search" "tsvector" GENERATED ALWAYS AS (to_tsvector('simple', left(jsonb_path_query_array(parts, '$[*] ? (@.type == "text").text')::text, 200000))) STORED;--> statement-breakpoint
ALTER TABLE "ai"."preferences" ADD COLUMN "title_model" text;--> statement-breakpoint
ALTER TABLE "ai"."preferences" ADD COLUMN "when_leaving" text DEFAULT 'finish' NOT NULL;--> statement-breakpoint
ALTER TABLE "ai"."answer_events" ADD CONSTRAINT "answer_events_message_id_messages_id_fk" FOREIGN KEY ("message_id") REFERENCES "ai"."messages"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."answer_events" ADD CONSTRAINT "answer_events_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "ai"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "conversations_title_search" ON "ai"."conversations" USING gin ("title_search");--> statement-breakpoint
CREATE INDEX "messages_parent" ON "ai"."messages" USING btree ("conversation_id","parent_id");--> statement-breakpoint
CREATE INDEX "messages_search" ON "ai"."messages" USING gin ("search");--> statement-breakpoint
UPDATE "ai"."conversations" c SET "leaf_id" = (SELECT m."id" FROM "ai"."messages" m WHERE m."user_id" = c."user_id" AND m."conversation_id" = c."id" AND m."is_current" ORDER BY m."seq" DESC LIMIT 1);
