CREATE INDEX "attachments_user" ON "ai"."attachments" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "conversations_listed" ON "ai"."conversations" USING btree ("user_id","archived","pinned","updated_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
ALTER TABLE "ai"."messages" DROP COLUMN "is_current";