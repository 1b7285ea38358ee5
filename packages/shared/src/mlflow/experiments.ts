import { z } from "zod";
import { listOf } from "./answer-schemas";
import { isAlreadyThere, isMissing } from "./api-error";
import { searchPages } from "./search-pages";
import type { MlflowTransport } from "./transport";

const API = "/api/2.0/mlflow";
const createdAnswer = z.object({ experiment_id: z.string() });
const foundAnswer = z.object({ experiment: createdAnswer });
const searchAnswer = z.object({
  experiments: listOf(createdAnswer),
  next_page_token: z.string().optional(),
});
/** Experiments that one page of a search holds at most. */
const PAGE = 1_000;

/** Experiments: what runs belong to. */
export class Experiments {
  constructor(private readonly transport: MlflowTransport) {}

  /** Id of the experiment of that name, or nothing. */
  async find(name: string): Promise<string | undefined> {
    try {
      const path = `${API}/experiments/get-by-name`;
      const query = { experiment_name: name };
      const found = await this.transport.json({ method: "GET", path, query, idempotent: true }, foundAnswer);
      return found.experiment.experiment_id;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Ids of all experiments that are not deleted. */
  ids(): Promise<string[]> {
    const call = { method: "POST", path: `${API}/experiments/search`, idempotent: true } as const;
    return searchPages({ page: PAGE, all: Number.POSITIVE_INFINITY }, async (page) => {
      const answer = await this.transport.json({ ...call, body: page }, searchAnswer);
      const found = answer.experiments.map(({ experiment_id }) => experiment_id);
      return { found, next: answer.next_page_token };
    });
  }

  /** Id of the experiment of that name, which is made if there is none. */
  async ensure(name: string): Promise<string> {
    const id = await this.find(name);
    if (id !== undefined) return id;
    try {
      const path = `${API}/experiments/create`;
      const call = { method: "POST", path, body: { name }, idempotent: false } as const;
      return (await this.transport.json(call, createdAnswer)).experiment_id;
    } catch (error) {
      const raced = isAlreadyThere(error) ? await this.find(name) : undefined;
      if (raced !== undefined) return raced;
      throw error;
    }
  }
}
