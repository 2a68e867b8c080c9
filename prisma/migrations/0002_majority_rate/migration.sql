-- AlterTable
ALTER TABLE "score" ADD COLUMN     "majority_rate" DOUBLE PRECISION;

-- The upper bound refuses NaN too, which PostgreSQL sorts above every number.
ALTER TABLE "score" ADD CONSTRAINT "score_majority_rate_in_domain" CHECK ("majority_rate" > 0 AND "majority_rate" <= 1);
