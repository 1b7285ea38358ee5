import { z } from "zod";
import {
  DEFAULT_MAX_REJECTED,
  DELIMITER,
  encodingOf,
  MISSING_VALUES,
  QUOTE_CHARACTER,
  QUOTE_ESCAPES,
} from "../settings/table-values";

/** Ids and names that may become part of a path, a key or a URL: nothing else may. */
export const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The id of a job that a schedule made: schedule and tick, in milliseconds since 1970. */
export const SCHEDULED_JOB_ID = /^repeat:[A-Za-z0-9][A-Za-z0-9._-]{0,127}:\d{1,16}$/;

export const safeName = z
  .string()
  .regex(SAFE_NAME, "allowed: 1 to 128 of A-Z a-z 0-9 . _ -, not starting with a sign");

/** `models:/name@alias`, `models:/name/3` or `models:/name/latest`. */
export const modelUri = z
  .string()
  .regex(
    /^models:\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}(@[A-Za-z0-9_-]{1,128}|\/\d{1,9}|\/latest)$/,
    "allowed: models:/name@alias, models:/name/3, models:/name/latest",
  );

/** A path on the disk the workers share; confinement is checked where it is opened. */
export const filePath = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => !path.includes("\0"), "a path cannot hold a NUL");

/** The columns a dataset is read by. `id` may be absent in a file: row numbers serve then. */
export const columnsSchema = z.strictObject({
  text: z.string().min(1).max(256).default("text"),
  label: z.string().min(1).max(256).default("inbound"),
  id: z.string().min(1).max(256).default("tweet_id"),
});
export type Columns = z.infer<typeof columnsSchema>;

/** A tabular file. Format and compression are taken from its name, the delimiter from its header, unless said here. */
export const datasetSchema = z.strictObject({
  path: filePath,
  format: z.enum(["csv", "tsv", "ndjson"]).optional(),
  /** As `TextDecoder` knows it; absent: UTF-8. */
  encoding: z
    .string()
    .max(64)
    .refine((label) => encodingOf(label) !== undefined, "an encoding that TextDecoder knows")
    .optional(),
  /** One character between fields. */
  delimiter: z.string().regex(DELIMITER, "one ASCII character, no quote, backslash or line end").optional(),
  /** The character around quoted fields, or `none` if a quote is a character like any other. */
  quote: z.union([z.literal("none"), z.string().regex(QUOTE_CHARACTER, "one of \" ' ` or none")]).optional(),
  quoteEscape: z.enum(QUOTE_ESCAPES).optional(),
  /** The columns in order, of a file without a header. */
  columnNames: z.array(z.string().min(1).max(256)).min(1).max(10_000).optional(),
  missingValues: z.enum(MISSING_VALUES).optional(),
});
export type Dataset = z.infer<typeof datasetSchema>;

/** Rows that may be rejected: a count, or a share below 1 that must not be reached. */
export const maxRejected = z
  .number()
  .min(0)
  .refine((value) => value < 1 || Number.isInteger(value), "a count, or a share below 1")
  .default(DEFAULT_MAX_REJECTED);

/** Name of the registered model that a valid model URI is about. */
export function modelNameOf(uri: string): string {
  return uri.slice("models:/".length).split(/[@/]/, 1)[0]!;
}
