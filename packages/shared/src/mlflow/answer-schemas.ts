import { z } from "zod";

// Each answer is described by what is read of it; what else a release of MLflow sends is passed over.

/** Answer to a call of which nothing but its success matters: an object, mostly `{}`. */
export const doneAnswer = z.object({});

/** A list, which MLflow leaves out if it is empty. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .optional()
    .transform((list) => list ?? []);

/** Params or tags. MLflow keeps tags of other programs that have no value, and sends those without one. */
export const keyValues = listOf(z.object({ key: z.string(), value: z.string().default("") }));

/** An int64: MLflow sends a number, the JSON of protocol buffers is a text. Absent: 0. */
export const wholeNumber = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^-?\d+$/)
      .transform(Number),
  ])
  .default(0);
