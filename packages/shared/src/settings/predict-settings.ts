import { integer, oneOf, text } from "./setting-kinds";

/** Bytes of input a chunk, at most. */
export const MAX_CHUNK_BYTES = 67_108_864;

/** How batches are cut and carried. */
export const predictSettings = {
  chunkBytes: integer({
    doc: "Bytes of input a chunk",
    env: "COLAML_CHUNK_BYTES",
    default: 4_194_304,
    min: 1024,
    max: MAX_CHUNK_BYTES,
  }),
  window: integer({ doc: "Chunks in flight a job", env: "COLAML_WINDOW", default: 8, min: 1, max: 256 }),
  transport: oneOf({
    doc: "Where chunk bytes travel",
    env: "COLAML_TRANSPORT",
    default: "file",
    choices: ["file", "redis"],
    payload: "transport",
  }),
  queues: text({
    doc: "Queues that a predictor process works on, by comma: predict (coordinates, and takes texts), predict-chunk (scores), predict-texts (texts only); empty: all",
    env: "COLAML_PREDICTOR_QUEUES",
    default: "",
  }),
};
