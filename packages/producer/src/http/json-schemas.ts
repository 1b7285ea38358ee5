import type { ZodType } from "zod";
import { toJSONSchema, ZodDefault } from "zod";

/**
 * The JSON Schema of what a submitter may write for a payload: everything with a default may be left out.
 *
 * @param withDefaults false leaves them out: a body of the API takes the server's settings instead, and generated
 *   clients send every default that they read
 */
export function payloadSchema(schema: ZodType, { withDefaults = true } = {}): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // zod leaves it out of a schema that looks at what is given before it parses it, as `recordByClass` does
      if (zodSchema instanceof ZodDefault) jsonSchema.default = zodSchema.def.defaultValue;
      if (!withDefaults) delete jsonSchema.default;
      // zod's own name for a pattern, which readers of JSON Schema warn of
      if (jsonSchema.format === "starts_with") delete jsonSchema.format;
      // generators of clients know no schema that is `false`
      if (jsonSchema.prefixItems !== undefined && jsonSchema.items === false) {
        delete jsonSchema.items;
        jsonSchema.minItems = jsonSchema.maxItems = jsonSchema.prefixItems.length;
      }
    },
  }) as Record<string, unknown>;
  return rest;
}
