import type { ZodType } from "zod";
import { payloadSchema } from "../json-schemas";
import type { RefusalStatus } from "./refusals";

/** What the OpenAPI document says of one route, which carries it. */
export interface Operation {
  /** Name of the function in a generated client, unique in the document; absent: made of method and path. */
  operationId?: string;
  summary: string;
  /** More than fits into the summary, in Markdown. */
  description?: string;
  /** Absent: the first segment of the path. */
  tags?: readonly string[];
  /** `[]` for a route that is open to all. */
  security?: readonly object[];
  parameters?: readonly object[];
  requestBody?: object;
  responses: Readonly<Record<string, object>>;
  /** Refusals beside those that every route of its kind can answer with; not in the document under this name. */
  also?: readonly RefusalStatus[];
}

/** Stands for every refusal that a route can answer with: the document has an entry per status instead. */
export const refused = { default: { description: "refused" } };

const idParameter = { name: "id", in: "path", required: true, schema: { type: "string" } };

/** The `id` of a route's path. */
export const byId = { parameters: [idParameter] };

/** The `id` of a route's path, with an example. */
export const byIdLike = (example: string) => ({ parameters: [{ ...idParameter, example }] });

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
    required: [name],
    properties: { [name]: { type: "array", items: { $ref: `#/components/schemas/${schema}` } } },
  });

/**
 * @param example a body that is taken
 * @returns what a route takes: the schema that it checks with. A body may be left out if an empty object is taken
 */
export const takes = (schema: ZodType, example?: object) => ({
  requestBody: {
    required: !schema.safeParse({}).success,
    content: {
      "application/json": {
        schema: payloadSchema(schema, { withDefaults: false }),
        ...(example !== undefined && { example }),
      },
    },
  },
});
