import type { ZodType } from "zod";
import { toJSONSchema } from "zod";

/** The JSON Schema of what a submitter may write for a payload: everything with a default may be left out. */
export function payloadSchema(schema: ZodType): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    // zod's own name for a pattern, which readers of JSON Schema warn of
    override: ({ jsonSchema }) => {
      if (jsonSchema.format === "starts_with") delete jsonSchema.format;
    },
  }) as Record<string, unknown>;
  return rest;
}
