CREATE TABLE "ai"."instances" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"kek_ids" text NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "instances_seen" ON "ai"."instances" USING btree ("seen_at");