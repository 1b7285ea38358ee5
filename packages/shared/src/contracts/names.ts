import { z } from "zod";
import { dataSettings } from "../settings/data-settings";
import { modelSettings } from "../settings/model-settings";
import { payloadField } from "../settings/payload-fields";
import {
  DELIMITER,
  encodingOf,
  FILE_FORMATS,
  MISSING_VALUES,
  QUOTE_CHARACTER,
  QUOTE_ESCAPES,
} from "../settings/table-values";
import { columnName } from "../settings/text-columns";

/** The id of a job that a schedule made: schedule and tick, in milliseconds since 1970. */
export const SCHEDULED_JOB_ID = /^repeat:[A-Za-z0-9][A-Za-z0-9._-]{0,127}:\d{1,16}$/;

/** `models:/name@alias`, `models:/name/3` or `models:/name/latest`. */
export const modelUri = z
  .string()
  .regex(
    /^models:\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}(@[A-Za-z0-9_-]{1,128}|\/\d{1,9}|\/latest)$/,
    "allowed: models:/name@alias, models:/name/3, models:/name/latest",
  );

/** URI of the version that an alias names. */
export const aliasUri = (name: string, alias: string) => `models:/${name}@${alias}`;

/** The model of a job that names none. */
export const defaultModel = modelUri.default(
  aliasUri(modelSettings.name.default, modelSettings.alias.default),
);

/** A path on the disk the workers share; confinement is checked where it is opened. */
export const filePath = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => !path.includes("\0"), "a path cannot hold a NUL");

/** A tabular file. Format and compression are taken from its name, the delimiter from its header, unless given here. */
export const datasetSchema = z.strictObject({
  path: filePath,
  format: z.enum(FILE_FORMATS).optional(),
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
  columnNames: z.array(columnName).min(1).max(10_000).optional(),
  missingValues: z.enum(MISSING_VALUES).optional(),
});
export type Dataset = z.infer<typeof datasetSchema>;

/** Rows that may be rejected: a count, or a share below 1 that must not be reached. */
export const maxRejected = payloadField(dataSettings.maxRejected);

/** Name of the registered model that a valid model URI is about. */
export function modelNameOf(uri: string): string {
  return uri.slice("models:/".length).split(/[@/]/, 1)[0]!;
}
