import { isAbsolute } from "node:path";
import { z } from "zod";

const keyValues = z.array(z.looseObject({ key: z.string(), value: z.string() }));
const metricsSchema = z.array(
  z.looseObject({ key: z.string(), value: z.number(), step: z.number().int().optional() }),
);
/** Names of files below the entry: none leads out of it. */
const fileNames = z.array(
  z
    .string()
    .refine((name) => !isAbsolute(name) && !name.split(/[\\/]/).includes(".."), "leads out of its folder"),
);
/** All that MLflow is asked with, but for what only a release that adds to it knows. */
export const publicationSchema = z.looseObject({
  jobKey: z.string().regex(/^[0-9a-f]{32}$/),
  record: z.looseObject({
    publishId: z.string(),
    experiment: z.string(),
    runName: z.string(),
    startTime: z.number().int(),
    endTime: z.number().int(),
    params: keyValues,
    metrics: metricsSchema,
    tags: keyValues,
    datasets: z.array(
      z.looseObject({
        context: z.string(),
        name: z.string(),
        digest: z.string(),
        sourceType: z.string(),
        source: z.string(),
        schema: z.string(),
        profile: z.string(),
      }),
    ),
    artifacts: fileNames,
    series: z
      .looseObject({
        seriesId: z.string(),
        runName: z.string(),
        tags: keyValues,
        step: z.number().int(),
        metrics: metricsSchema,
      })
      .optional(),
  }),
  model: z
    .looseObject({
      name: z.string(),
      classes: z.array(z.string()),
      textColumn: z.union([z.string(), z.array(z.string())]),
      inputExample: z.string(),
      files: fileNames,
      versionTags: keyValues,
    })
    .optional(),
});

/** What readers of a result go by; the rest is known to who wrote it. */
export const resultSchema = z
  .looseObject({
    v: z.number(),
    runId: z.string().optional(),
    seriesRunId: z.string().optional(),
    model: z.string().optional(),
    modelVersion: z.string().optional(),
    promoted: z.boolean().optional(),
    verdict: z.string().optional(),
  })
  .transform(({ v: _, ...result }) => result);
