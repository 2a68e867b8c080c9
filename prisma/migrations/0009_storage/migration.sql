-- AlterTable
ALTER TABLE "experiment" ADD COLUMN     "reserved_bytes" BIGINT;

-- AlterTable
ALTER TABLE "checkpoint" ADD COLUMN     "discarded_at" TIMESTAMPTZ(3);
