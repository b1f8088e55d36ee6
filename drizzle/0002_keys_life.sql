CREATE TABLE "ai"."key_use_days" (
	"user_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"day" date NOT NULL,
	"uses" integer NOT NULL,
	CONSTRAINT "key_use_days_user_id_provider_day_pk" PRIMARY KEY("user_id","provider","day")
);
--> statement-breakpoint
CREATE TABLE "ai"."replaced_keys" (
	"user_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"key_id" uuid NOT NULL,
	"encrypted_key" text NOT NULL,
	"encryption_key_id" text,
	"key_hash" text,
	"key_hint" text,
	"key_label" text,
	"connected_at" timestamp (3) with time zone,
	"key_set_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"replaced_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "replaced_keys_user_id_provider_pk" PRIMARY KEY("user_id","provider")
);
--> statement-breakpoint
ALTER TABLE "ai"."connect_attempts" ALTER COLUMN "user_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "ai"."users" ALTER COLUMN "email" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "ai"."connect_attempts" ADD COLUMN "purpose" text DEFAULT 'connect' NOT NULL;--> statement-breakpoint
ALTER TABLE "ai"."messages" ADD COLUMN "cost_is_estimate" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "ai"."user_api_keys" ADD COLUMN "check_status" text;--> statement-breakpoint
ALTER TABLE "ai"."user_api_keys" ADD COLUMN "next_check_at" timestamp (3) with time zone DEFAULT now() + interval '1 day' NOT NULL;--> statement-breakpoint
ALTER TABLE "ai"."key_use_days" ADD CONSTRAINT "key_use_days_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "ai"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."replaced_keys" ADD CONSTRAINT "replaced_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "ai"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ai"."replaced_keys" ADD CONSTRAINT "replaced_keys_key_id_user_api_keys_id_fk" FOREIGN KEY ("key_id") REFERENCES "ai"."user_api_keys"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "replaced_keys_at" ON "ai"."replaced_keys" USING btree ("replaced_at");--> statement-breakpoint
CREATE INDEX "replaced_keys_kid" ON "ai"."replaced_keys" USING btree ("encryption_key_id");--> statement-breakpoint
CREATE INDEX "connect_attempts_expires" ON "ai"."connect_attempts" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "user_api_keys_next_check" ON "ai"."user_api_keys" USING btree ("next_check_at") WHERE "ai"."user_api_keys"."encrypted_key" is not null;--> statement-breakpoint
ALTER TABLE "ai"."connect_attempts" ADD CONSTRAINT "connect_attempts_owner" CHECK ("ai"."connect_attempts"."purpose" = 'sign_in' or "ai"."connect_attempts"."user_id" is not null);