import { answer, type Operation, refused } from "./operation";

const cells = { type: "array", items: {} };
// Said although it is the rule: generators of clients take an object without it for an empty one.
const record = { type: "object", additionalProperties: {} };
const records = { type: "array", items: record };
const params = {
  type: ["object", "null"],
  additionalProperties: false,
  properties: {
    explain: {
      type: "integer",
      minimum: 0,
      maximum: 20,
      description: "Words per row that explain its label",
    },
  },
};
const tensor = {
  oneOf: [
    { type: "array", items: {} },
    { type: "object", additionalProperties: {} },
  ],
  description: "Texts, records, or an object with a list per column",
};

const form = (name: string, schema: object, example: unknown) => ({
  type: "object",
  required: [name],
  properties: { [name]: schema, params },
  examples: [example],
});

const body = {
  oneOf: [
    form(
      "dataframe_split",
      {
        type: "object",
        required: ["columns", "data"],
        additionalProperties: false,
        properties: { columns: cells, data: cells, index: cells },
      },
      { dataframe_split: { columns: ["text"], data: [["where is my order"]] } },
    ),
    form("dataframe_records", records, { dataframe_records: [{ text: "where is my order" }] }),
    form("inputs", tensor, { inputs: ["where is my order"], params: { explain: 3 } }),
    form("instances", tensor, { instances: [{ text: "where is my order" }] }),
  ],
};

const prediction = {
  type: "object",
  required: ["label"],
  description: "With probability_<class> for each class",
  properties: {
    label: { type: ["string", "null"] },
    decision: { type: ["string", "null"] },
    explanation: { type: ["array", "null"], items: record },
  },
  additionalProperties: { type: ["number", "null"] },
};

const responses = {
  ...refused,
  "200": {
    ...answer("a prediction per row, in order; null for a row without a text", {
      type: "object",
      required: ["predictions"],
      properties: { predictions: { type: "array", items: prediction } },
    }),
    headers: {
      "colaml-model": { description: "Name and version that answered", schema: { type: "string" } },
    },
  },
};

const operation = (operationId: string, summary: string, parameters: readonly object[]): Operation => ({
  operationId,
  tags: ["scoring"],
  summary,
  parameters,
  requestBody: {
    required: true,
    content: {
      "application/json": { schema: body, example: { inputs: ["my order never arrived"] } },
      "text/csv": { schema: { type: "string" }, example: "text\nmy order never arrived\n" },
    },
  },
  responses,
  also: [404, 504],
});

const inPath = (name: string, description: string) => ({
  name,
  in: "path",
  required: true,
  description,
  schema: { type: "string" },
});

/** `POST /invocations`. */
export const INVOCATIONS = operation("score", "Score texts by MLflow's protocol", [
  {
    name: "colaml-model",
    in: "header",
    description: "name@alias or name/version; absent: the configured model",
    schema: { type: "string" },
  },
]);

/** `POST /models/{name}/invocations`. */
export const MODEL_INVOCATIONS = operation("scoreWithModel", "Score texts with a model", [
  inPath("name", "The registered model, with the configured alias; name@alias for another one"),
]);

/** `POST /models/{name}/versions/{version}/invocations`. */
export const VERSION_INVOCATIONS = operation("scoreWithVersion", "Score texts with one version of a model", [
  inPath("name", "The registered model"),
  inPath("version", "A number, or latest"),
]);
