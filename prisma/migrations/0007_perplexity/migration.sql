-- CreateTable
CREATE TABLE "perplexity" (
    "weights_digest" TEXT NOT NULL,
    "task_protocol_id" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "metric" TEXT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "segment_tokens" INTEGER NOT NULL,
    "segment_losses" BYTEA NOT NULL,
    "device" TEXT NOT NULL,
    "torch" TEXT NOT NULL,
    "transformers" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "perplexity_pkey" PRIMARY KEY ("weights_digest","task_protocol_id")
);

-- AddForeignKey
ALTER TABLE "perplexity" ADD CONSTRAINT "perplexity_task_protocol_id_fkey" FOREIGN KEY ("task_protocol_id") REFERENCES "task_protocol"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The upper bound refuses NaN too, which PostgreSQL sorts above every number.
ALTER TABLE "perplexity" ADD CONSTRAINT "perplexity_value_in_domain" CHECK ("value" >= 1 AND "value" < 'Infinity'),
  ADD CONSTRAINT "perplexity_has_losses" CHECK (octet_length("segment_losses") > 0 AND octet_length("segment_losses") % 4 = 0);
