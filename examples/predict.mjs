// Scores a file and two texts from Node, over the queue: `npm install bullmq`, then `node predict.mjs new.csv scored.csv`.
// REDIS_URL says where Redis is, COLAML_MODEL_URI which model. The paths must be absolute, on a disk that the predictors share.
import { Queue, QueueEvents } from "bullmq";

const [input, output] = process.argv.slice(2);
const options = {
  connection: { url: process.env.REDIS_URL ?? "redis://127.0.0.1:6379", maxRetriesPerRequest: null },
  prefix: process.env.COLAML_REDIS_PREFIX ?? "{colaml}",
};
const model = process.env.COLAML_MODEL_URI ?? "models:/modelo_nuevo@champion";

/** An event can be missed, as while a connection is opened again: at this interval the job itself is asked whether it has ended. */
const ASKED_EVERY_MS = 5_000;
const LONGEST_MS = 120_000;

/** The result of a job; rejects with `CODE: message` if it fails: docs/errors.md lists the codes. */
async function run(name, payload) {
  const queue = new Queue(name, options);
  const events = new QueueEvents(name, options);
  try {
    await events.waitUntilReady();
    const job = await queue.add(name, payload);
    for (const until = performance.now() + LONGEST_MS; ; ) {
      try {
        return await job.waitUntilFinished(events, ASKED_EVERY_MS);
      } catch (error) {
        if (!/timed out before finishing/.test(error.message) || performance.now() > until) throw error;
      }
    }
  } finally {
    await events.close();
    await queue.close();
  }
}

const [file, texts] = await Promise.all([
  run("predict", { input: { path: input }, output, model }),
  run("predict-texts", { texts: ["my order never arrived", "thanks, have a nice day"], model }),
]);
console.log(JSON.stringify({ file, texts }));
