-- Scores are known by (weights, task protocol), so that an added task runs alone. Stored scores keep their values and get their new key here.

-- CreateTable
CREATE TABLE "task_protocol" (
    "id" TEXT NOT NULL,
    "task" TEXT NOT NULL,
    "json" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_protocol_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "protocol_task" (
    "protocol_id" TEXT NOT NULL,
    "task_protocol_id" TEXT NOT NULL,

    CONSTRAINT "protocol_task_pkey" PRIMARY KEY ("protocol_id","task_protocol_id")
);

-- CreateTable
CREATE TABLE "task_evaluation" (
    "team_id" UUID NOT NULL,
    "weights_digest" TEXT NOT NULL,
    "task_protocol_id" TEXT NOT NULL,
    "experiment_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "claimed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "done_at" TIMESTAMPTZ(3),

    CONSTRAINT "task_evaluation_pkey" PRIMARY KEY ("team_id","weights_digest","task_protocol_id")
);

-- AddForeignKey
ALTER TABLE "protocol_task" ADD CONSTRAINT "protocol_task_protocol_id_fkey" FOREIGN KEY ("protocol_id") REFERENCES "protocol"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "protocol_task" ADD CONSTRAINT "protocol_task_task_protocol_id_fkey" FOREIGN KEY ("task_protocol_id") REFERENCES "task_protocol"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_evaluation" ADD CONSTRAINT "task_evaluation_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "team"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_evaluation" ADD CONSTRAINT "task_evaluation_task_protocol_id_fkey" FOREIGN KEY ("task_protocol_id") REFERENCES "task_protocol"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_evaluation" ADD CONSTRAINT "task_evaluation_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The canonical JSON of packages/eval/src/protocol/task-protocol.ts, keys in order, for every task of every protocol there is. All
-- of them are of one harness (0.4.13): versions and metrics of its tasks stand here. A test compares the ids.
CREATE TEMPORARY TABLE "canonical" ON COMMIT DROP AS
SELECT p."id" AS "protocol_id", t."task", format(
    '{"addBos":%s,"batchSize":%s,"dataSha256":%s,"dtype":%s,"harness":%s,"limit":%s,"metrics":%s,"seed":%s,"shots":%s,"task":%s,"taskVersion":%s,"version":1}',
    p."json"->'addBos', p."json"->'batchSize', of_protocol."task"->'dataSha256', p."json"->'dtype', p."json"->'harness', p."json"->'limit',
    t."metrics", p."json"->'seed', of_protocol."task"->'shots', of_protocol."task"->'name', t."version"
  ) AS "text"
FROM "protocol" p
CROSS JOIN LATERAL jsonb_array_elements(p."json"->'tasks') AS of_protocol("task")
JOIN (VALUES
  ('boolq', 2, '["acc"]'),
  ('piqa', 1, '["acc","acc_norm"]'),
  ('hellaswag', 1, '["acc","acc_norm"]'),
  ('winogrande', 1, '["acc"]'),
  ('arc_easy', 1, '["acc","acc_norm"]'),
  ('arc_challenge', 1, '["acc","acc_norm"]'),
  ('openbookqa', 1, '["acc","acc_norm"]')
) AS t("task", "version", "metrics") ON t."task" = of_protocol."task"->>'name';

INSERT INTO "task_protocol" ("id", "task", "json")
SELECT DISTINCT encode(sha256(convert_to("text", 'UTF8')), 'hex'), "task", "text"::jsonb FROM "canonical";

INSERT INTO "protocol_task" ("protocol_id", "task_protocol_id")
SELECT "protocol_id", encode(sha256(convert_to("text", 'UTF8')), 'hex') FROM "canonical";

INSERT INTO "task_evaluation" ("team_id", "weights_digest", "task_protocol_id", "experiment_id", "attempt", "claimed_at", "done_at")
SELECT e."team_id", c."weights_digest", p."task_protocol_id", e."id", e."attempt", coalesce(s."started_at", now()), coalesce(s."finished_at", now())
FROM "experiment" e
JOIN "checkpoint" c ON c."id" = e."checkpoint_id"
JOIN "stage" s ON s."experiment_id" = e."id" AND s."name" = 'evaluate' AND s."state" = 'DONE'
JOIN "protocol_task" p ON p."protocol_id" = e."protocol_id"
ORDER BY e."id"
ON CONFLICT DO NOTHING;

-- Of two protocols that mean the same by a task, the score that was found first stays.
ALTER TABLE "score" ADD COLUMN "task_protocol_id" TEXT;
UPDATE "score" s SET "task_protocol_id" = t."id"
FROM "protocol_task" p JOIN "task_protocol" t ON t."id" = p."task_protocol_id"
WHERE p."protocol_id" = s."protocol_id" AND t."task" = s."task";
DELETE FROM "score" later USING "score" first
WHERE later."weights_digest" = first."weights_digest" AND later."task_protocol_id" = first."task_protocol_id" AND later."metric" = first."metric"
  AND (later."created_at", later."protocol_id") > (first."created_at", first."protocol_id");

ALTER TABLE "score_items" ADD COLUMN "task_protocol_id" TEXT;
UPDATE "score_items" i SET "task_protocol_id" = t."id"
FROM "protocol_task" p JOIN "task_protocol" t ON t."id" = p."task_protocol_id"
WHERE p."protocol_id" = i."protocol_id" AND t."task" = i."task";
-- The outcomes that belong to the scores that stay.
DELETE FROM "score_items" i
WHERE NOT EXISTS (
  SELECT FROM "score" s
  WHERE s."weights_digest" = i."weights_digest" AND s."protocol_id" = i."protocol_id" AND s."task_protocol_id" = i."task_protocol_id"
);

-- AlterTable
ALTER TABLE "score" DROP CONSTRAINT "score_pkey",
  DROP COLUMN "protocol_id",
  ALTER COLUMN "task_protocol_id" SET NOT NULL,
  ADD CONSTRAINT "score_pkey" PRIMARY KEY ("weights_digest", "task_protocol_id", "metric");

-- AlterTable
ALTER TABLE "score_items" DROP CONSTRAINT "score_items_pkey",
  DROP COLUMN "protocol_id",
  ALTER COLUMN "task_protocol_id" SET NOT NULL,
  ADD CONSTRAINT "score_items_pkey" PRIMARY KEY ("weights_digest", "task_protocol_id");

-- AddForeignKey
ALTER TABLE "score" ADD CONSTRAINT "score_task_protocol_id_fkey" FOREIGN KEY ("task_protocol_id") REFERENCES "task_protocol"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "score_items" ADD CONSTRAINT "score_items_task_protocol_id_fkey" FOREIGN KEY ("task_protocol_id") REFERENCES "task_protocol"("id") ON DELETE CASCADE ON UPDATE CASCADE;
