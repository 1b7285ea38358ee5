import type { ZodType } from "zod";
import { payloadSchema } from "../json-schemas";

/** What the OpenAPI document says of one route, which carries it. */
export interface Operation {
  summary: string;
  /** `[]` for a route that is open to all. */
  security?: readonly object[];
  parameters?: readonly object[];
  requestBody?: object;
  responses: Readonly<Record<string, object>>;
}

/** A route's answer of this kind is a refusal, in its one shape. */
export const refused = { default: { $ref: "#/components/responses/Error" } };

/** The `id` of a route's path. */
export const byId = { parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }] };

/** @returns an answer in JSON, `schema` as JSON Schema has it */
export const answer = (description: string, schema: object) => ({
  description,
  content: { "application/json": { schema } },
});

/** @returns an answer that is one of the document's components */
export const component = (description: string, name: string) =>
  answer(description, { $ref: `#/components/schemas/${name}` });

/** @returns an answer that holds a list of components under the list's name */
export const list = (name: string, schema: string) =>
  answer(`the ${name}`, {
    type: "object",
    properties: { [name]: { type: "array", items: { $ref: `#/components/schemas/${schema}` } } },
  });

/** @returns what a route takes: the schema that it checks with */
export const takes = (schema: ZodType) => ({
  requestBody: { required: true, content: { "application/json": { schema: payloadSchema(schema) } } },
});
