import type { ZodType } from "zod";
import { toJSONSchema } from "zod";

/** The JSON Schema of what a submitter may write for a payload: everything with a default may be left out. */
export function payloadSchema(schema: ZodType): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  }) as Record<string, unknown>;
  return rest;
}
