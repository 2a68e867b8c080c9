-- CreateTable
CREATE TABLE "layer_similarity" (
    "model_id" UUID NOT NULL,
    "calibration_sha256" TEXT NOT NULL,
    "experiment_id" UUID NOT NULL,
    "engine" JSONB NOT NULL,
    "figures" JSONB NOT NULL,
    "measured_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "layer_similarity_pkey" PRIMARY KEY ("model_id","calibration_sha256")
);

-- CreateIndex
CREATE INDEX "layer_similarity_model_id_measured_at_idx" ON "layer_similarity"("model_id", "measured_at" DESC);

-- AddForeignKey
ALTER TABLE "layer_similarity" ADD CONSTRAINT "layer_similarity_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "layer_similarity" ADD CONSTRAINT "layer_similarity_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

