// Compiled against types that openapi-typescript makes of the API's document, and run: program.js URL TOKEN MODEL
import createClient from "openapi-fetch";
import type { components, paths } from "./api";

type Job = components["schemas"]["Job"];

const [baseUrl, token, model] = process.argv.slice(2) as [string, string, string];
const api = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

/** What an answer holds; its refusal, with a code, is thrown. */
function given<Data>({ data, error }: { data?: Data; error?: components["schemas"]["Error"] }): Data {
  if (error !== undefined || data === undefined) throw new Error(`${error?.error_code}: ${error?.message}`);
  return data;
}

async function ended(id: string): Promise<Job> {
  for (;;) {
    const job = given(await api.GET("/jobs/{id}", { params: { path: { id } } }));
    if (job.status === "completed" || job.status === "failed") return job;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function main(): Promise<void> {
  const body = { input: { path: "new.csv" }, output: "typescript-client.csv", model };
  const header = { "Idempotency-Key": "typescript-1" };
  const accepted = given(await api.POST("/jobs/predict", { params: { header }, body }));
  const again = given(await api.POST("/jobs/predict", { params: { header }, body }));
  const job = await ended(accepted.id);
  const result = given(await api.GET("/jobs/{id}/result", { params: { path: { id: job.id } } }));
  const query = { queue: ["predict" as const], state: ["completed" as const], limit: 5 };
  const page = given(
    await api.GET("/jobs", {
      params: { query },
      querySerializer: { array: { style: "form", explode: false } },
    }),
  );
  const { queues } = given(await api.GET("/queues"));
  const scored = given(await api.POST("/invocations", { body: { dataframe_records: [{ text: "thanks" }] } }));
  const refused = await api.POST("/jobs/predict", { body: { texts: [] } });
  const answers = {
    status: job.status,
    sameJob: again.id === accepted.id,
    result,
    listed: page.jobs.map(({ id }) => id).includes(job.id),
    queues: queues.map(({ queue }) => queue),
    predictions: scored.predictions.length,
    refused: refused.error?.error_code,
  };
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}

void main();
