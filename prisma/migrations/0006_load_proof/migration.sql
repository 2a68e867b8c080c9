-- AlterTable
ALTER TABLE "checkpoint" ADD COLUMN     "load_proof" JSONB;
