-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "experiment_state" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "stage_state" AS ENUM ('PENDING', 'RUNNING', 'DONE', 'SKIPPED', 'FAILED', 'CANCELLED');

-- CreateTable
CREATE TABLE "team" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "team_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_token" (
    "id" UUID NOT NULL,
    "team_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "token_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model" (
    "id" UUID NOT NULL,
    "team_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "provenance" TEXT NOT NULL,
    "revision" TEXT,
    "folder" TEXT,
    "architecture" TEXT NOT NULL,
    "depth" INTEGER NOT NULL,
    "parameter_count" BIGINT NOT NULL,
    "layer_parameter_count" BIGINT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "plan" (
    "id" TEXT NOT NULL,
    "json" JSONB NOT NULL,
    "text" TEXT NOT NULL,
    "source_depth" INTEGER NOT NULL,
    "output_depth" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "plan_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "protocol" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "data" TEXT NOT NULL,
    "limit" INTEGER,
    "label" TEXT NOT NULL,
    "json" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "protocol_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "experiment" (
    "id" UUID NOT NULL,
    "team_id" UUID NOT NULL,
    "model_id" UUID NOT NULL,
    "method_name" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "request_hash" TEXT NOT NULL,
    "idempotency_key" TEXT,
    "latency_protocol" TEXT NOT NULL,
    "protocol_id" TEXT,
    "plan_id" TEXT,
    "checkpoint_id" UUID,
    "state" "experiment_state" NOT NULL DEFAULT 'QUEUED',
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "worker_id" UUID,
    "lease_expires_at" TIMESTAMPTZ(3),
    "cancel_requested_at" TIMESTAMPTZ(3),
    "engine" JSONB,
    "layer_forwards" INTEGER,
    "error_code" TEXT,
    "error_message" TEXT,
    "error_fix" TEXT,
    "event_seq" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "experiment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stage" (
    "id" UUID NOT NULL,
    "experiment_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "state" "stage_state" NOT NULL DEFAULT 'PENDING',
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "runs" INTEGER NOT NULL DEFAULT 0,
    "cursor" JSONB,
    "progress" JSONB,
    "output" JSONB,
    "error_code" TEXT,
    "error_message" TEXT,
    "error_fix" TEXT,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "duration_ms" INTEGER,

    CONSTRAINT "stage_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "experiment_event" (
    "experiment_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" TEXT NOT NULL,
    "stage" TEXT,
    "data" JSONB NOT NULL,

    CONSTRAINT "experiment_event_pkey" PRIMARY KEY ("experiment_id","seq")
);

-- CreateTable
CREATE TABLE "checkpoint" (
    "id" UUID NOT NULL,
    "model_id" UUID NOT NULL,
    "plan_id" TEXT NOT NULL,
    "recovery_id" TEXT NOT NULL DEFAULT 'none',
    "weights_digest" TEXT NOT NULL,
    "folder" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "parameter_count" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "checkpoint_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "score" (
    "weights_digest" TEXT NOT NULL,
    "protocol_id" TEXT NOT NULL,
    "task" TEXT NOT NULL,
    "metric" TEXT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "stderr" DOUBLE PRECISION,
    "n" INTEGER NOT NULL,
    "harness_version" TEXT NOT NULL,
    "task_version" TEXT NOT NULL,
    "task_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "score_pkey" PRIMARY KEY ("weights_digest","protocol_id","task","metric")
);

-- CreateTable
CREATE TABLE "score_items" (
    "weights_digest" TEXT NOT NULL,
    "protocol_id" TEXT NOT NULL,
    "task" TEXT NOT NULL,
    "n" INTEGER NOT NULL,
    "correct" BYTEA NOT NULL,
    "correct_norm" BYTEA,
    "choice_counts" BYTEA NOT NULL,
    "log_likelihoods" BYTEA NOT NULL,

    CONSTRAINT "score_items_pkey" PRIMARY KEY ("weights_digest","protocol_id","task")
);

-- CreateTable
CREATE TABLE "latency" (
    "weights_digest" TEXT NOT NULL,
    "machine_id" TEXT NOT NULL,
    "protocol" TEXT NOT NULL,
    "machine" JSONB NOT NULL,
    "samples_ms" DOUBLE PRECISION[],
    "prompt_tokens" INTEGER NOT NULL,
    "new_tokens" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "latency_pkey" PRIMARY KEY ("weights_digest","machine_id","protocol")
);

-- CreateTable
CREATE TABLE "worker" (
    "id" UUID NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "version" TEXT NOT NULL,
    "engine" JSONB,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "heartbeat_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "stopped_at" TIMESTAMPTZ(3),

    CONSTRAINT "worker_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "leaderboard_entry" (
    "experiment_id" UUID NOT NULL,
    "team_id" UUID NOT NULL,
    "model_id" UUID NOT NULL,
    "protocol_id" TEXT NOT NULL,
    "method_name" TEXT NOT NULL,
    "plan_id" TEXT NOT NULL,
    "weights_digest" TEXT NOT NULL,
    "output_depth" INTEGER NOT NULL,
    "parameter_count" BIGINT NOT NULL,
    "removed_ratio" DOUBLE PRECISION NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "mean" DOUBLE PRECISION NOT NULL,
    "mean_stderr" DOUBLE PRECISION NOT NULL,
    "latency_ms_mean" DOUBLE PRECISION,
    "figures" JSONB NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "leaderboard_entry_pkey" PRIMARY KEY ("experiment_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "team_slug_key" ON "team"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_token_hash_key" ON "api_token"("token_hash");

-- A built-in model that is not converted yet (no revision) is one row, too.
CREATE UNIQUE INDEX "model_team_id_source_revision_key" ON "model"("team_id", "source", "revision") NULLS NOT DISTINCT;

-- CreateIndex
CREATE INDEX "experiment_team_id_id_idx" ON "experiment"("team_id", "id");

-- CreateIndex
CREATE INDEX "experiment_team_id_request_hash_idx" ON "experiment"("team_id", "request_hash");

-- CreateIndex
CREATE INDEX "experiment_state_idx" ON "experiment"("state");

-- CreateIndex
CREATE UNIQUE INDEX "experiment_team_id_idempotency_key_key" ON "experiment"("team_id", "idempotency_key");

-- CreateIndex
CREATE UNIQUE INDEX "stage_experiment_id_name_key" ON "stage"("experiment_id", "name");

-- CreateIndex
CREATE INDEX "checkpoint_weights_digest_idx" ON "checkpoint"("weights_digest");

-- CreateIndex
CREATE UNIQUE INDEX "checkpoint_model_id_plan_id_recovery_id_key" ON "checkpoint"("model_id", "plan_id", "recovery_id");

-- CreateIndex
CREATE INDEX "leaderboard_entry_team_id_model_id_protocol_id_mean_experim_idx" ON "leaderboard_entry"("team_id", "model_id", "protocol_id", "mean" DESC, "experiment_id");

-- AddForeignKey
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "team"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model" ADD CONSTRAINT "model_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "team"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "experiment" ADD CONSTRAINT "experiment_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "team"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "experiment" ADD CONSTRAINT "experiment_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "experiment" ADD CONSTRAINT "experiment_protocol_id_fkey" FOREIGN KEY ("protocol_id") REFERENCES "protocol"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "experiment" ADD CONSTRAINT "experiment_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "experiment" ADD CONSTRAINT "experiment_checkpoint_id_fkey" FOREIGN KEY ("checkpoint_id") REFERENCES "checkpoint"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stage" ADD CONSTRAINT "stage_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "experiment_event" ADD CONSTRAINT "experiment_event_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoint" ADD CONSTRAINT "checkpoint_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoint" ADD CONSTRAINT "checkpoint_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "score" ADD CONSTRAINT "score_protocol_id_fkey" FOREIGN KEY ("protocol_id") REFERENCES "protocol"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "score_items" ADD CONSTRAINT "score_items_protocol_id_fkey" FOREIGN KEY ("protocol_id") REFERENCES "protocol"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "leaderboard_entry" ADD CONSTRAINT "leaderboard_entry_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "leaderboard_entry" ADD CONSTRAINT "leaderboard_entry_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "team"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "leaderboard_entry" ADD CONSTRAINT "leaderboard_entry_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "leaderboard_entry" ADD CONSTRAINT "leaderboard_entry_protocol_id_fkey" FOREIGN KEY ("protocol_id") REFERENCES "protocol"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma's schema cannot say. NaN sorts above every number in PostgreSQL, so each upper bound refuses it too.
ALTER TABLE "score" ADD CONSTRAINT "score_value_in_domain" CHECK ("value" >= 0 AND "value" <= 1),
  ADD CONSTRAINT "score_stderr_in_domain" CHECK ("stderr" >= 0 AND "stderr" < 'Infinity'),
  ADD CONSTRAINT "score_n_positive" CHECK ("n" > 0);

ALTER TABLE "score_items" ADD CONSTRAINT "score_items_n_positive" CHECK ("n" > 0),
  ADD CONSTRAINT "score_items_sizes" CHECK (
    octet_length("correct") = ("n" + 7) / 8
    AND ("correct_norm" IS NULL OR octet_length("correct_norm") = ("n" + 7) / 8)
    AND octet_length("choice_counts") = "n"
  );

ALTER TABLE "latency" ADD CONSTRAINT "latency_samples_in_domain" CHECK (
    cardinality("samples_ms") > 0 AND 0 < ALL ("samples_ms") AND 'Infinity' > ALL ("samples_ms")
  );

ALTER TABLE "leaderboard_entry" ADD CONSTRAINT "leaderboard_entry_mean_in_domain" CHECK ("mean" >= 0 AND "mean" <= 1),
  ADD CONSTRAINT "leaderboard_entry_mean_stderr_in_domain" CHECK ("mean_stderr" >= 0 AND "mean_stderr" < 'Infinity'),
  ADD CONSTRAINT "leaderboard_entry_removed_ratio_in_domain" CHECK ("removed_ratio" >= 0 AND "removed_ratio" < 1),
  ADD CONSTRAINT "leaderboard_entry_latency_in_domain" CHECK ("latency_ms_mean" > 0 AND "latency_ms_mean" < 'Infinity');

ALTER TABLE "plan" ADD CONSTRAINT "plan_depth_in_domain" CHECK ("output_depth" BETWEEN 1 AND "source_depth");
