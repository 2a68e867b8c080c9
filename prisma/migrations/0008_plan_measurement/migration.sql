-- CreateEnum
CREATE TYPE "measurement_state" AS ENUM ('QUEUED', 'DONE', 'FAILED');

-- CreateTable
CREATE TABLE "plan_measurement" (
    "id" UUID NOT NULL,
    "model_id" UUID NOT NULL,
    "calibration_sha256" TEXT NOT NULL,
    "plan_id" TEXT NOT NULL,
    "quantity" TEXT NOT NULL,
    "engine_id" TEXT NOT NULL,
    "engine" JSONB NOT NULL,
    "mean" DOUBLE PRECISION NOT NULL,
    "per_sample" DOUBLE PRECISION[],
    "layer_forwards" INTEGER NOT NULL,
    "measured_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "plan_measurement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "measurement_request" (
    "id" UUID NOT NULL,
    "team_id" UUID NOT NULL,
    "model_id" UUID NOT NULL,
    "plan_id" TEXT NOT NULL,
    "quantity" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "request_hash" TEXT NOT NULL,
    "state" "measurement_state" NOT NULL DEFAULT 'QUEUED',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "measurement_id" UUID,
    "was_known" BOOLEAN NOT NULL DEFAULT false,
    "error_code" TEXT,
    "error_message" TEXT,
    "error_fix" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "measurement_request_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "plan_measurement_model_id_calibration_sha256_plan_id_quanti_key" ON "plan_measurement"("model_id", "calibration_sha256", "plan_id", "quantity", "engine_id");

-- CreateIndex
CREATE INDEX "measurement_request_team_id_state_idx" ON "measurement_request"("team_id", "state");

-- CreateIndex
CREATE UNIQUE INDEX "measurement_request_team_id_request_hash_key" ON "measurement_request"("team_id", "request_hash");

-- AddForeignKey
ALTER TABLE "plan_measurement" ADD CONSTRAINT "plan_measurement_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "plan_measurement" ADD CONSTRAINT "plan_measurement_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "measurement_request" ADD CONSTRAINT "measurement_request_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "team"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "measurement_request" ADD CONSTRAINT "measurement_request_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "measurement_request" ADD CONSTRAINT "measurement_request_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "measurement_request" ADD CONSTRAINT "measurement_request_measurement_id_fkey" FOREIGN KEY ("measurement_id") REFERENCES "plan_measurement"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- NaN equals itself in PostgreSQL and sorts above every number, so an upper bound refuses it, too.
ALTER TABLE "plan_measurement" ADD CONSTRAINT "plan_measurement_quantity_known" CHECK ("quantity" IN ('cosine', 'nll')),
  ADD CONSTRAINT "plan_measurement_mean_finite" CHECK ("mean" > '-Infinity' AND "mean" < 'Infinity'),
  ADD CONSTRAINT "plan_measurement_per_sample_finite" CHECK (
    cardinality("per_sample") > 0 AND '-Infinity' < ALL ("per_sample") AND 'Infinity' > ALL ("per_sample")
  ),
  ADD CONSTRAINT "plan_measurement_layer_forwards_counted" CHECK ("layer_forwards" >= 0);

ALTER TABLE "measurement_request" ADD CONSTRAINT "measurement_request_quantity_known" CHECK ("quantity" IN ('cosine', 'nll')),
  ADD CONSTRAINT "measurement_request_ends_in_one_way" CHECK (
    ("state" = 'DONE') = ("measurement_id" IS NOT NULL) AND ("state" = 'FAILED') = ("error_code" IS NOT NULL)
  );

-- Tells whoever waits for an answer that there is one. The answer itself is read from its table: nothing is lost where nobody listens.
CREATE FUNCTION notify_measurement_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('measurement_request', NEW.id::text);
  RETURN NULL;
END
$$;

CREATE TRIGGER measurement_request_notify AFTER UPDATE OF "state" ON measurement_request
  FOR EACH ROW WHEN (NEW.state <> 'QUEUED') EXECUTE FUNCTION notify_measurement_request();
