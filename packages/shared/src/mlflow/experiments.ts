import { isAlreadyThere, isMissing } from "./api-error";
import type { MlflowTransport } from "./transport";

const API = "/api/2.0/mlflow";

/** Experiments: what runs belong to. */
export class Experiments {
  constructor(private readonly transport: MlflowTransport) {}

  /** Id of the experiment of that name, or nothing. */
  async find(name: string): Promise<string | undefined> {
    try {
      const found = await this.transport.json<{ experiment: { experiment_id: string } }>({
        method: "GET",
        path: `${API}/experiments/get-by-name`,
        query: { experiment_name: name },
        idempotent: true,
      });
      return found.experiment.experiment_id;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Id of the experiment of that name, which is made if there is none. */
  async ensure(name: string): Promise<string> {
    const id = await this.find(name);
    if (id !== undefined) return id;
    try {
      const body = { name };
      const made = await this.transport.json<{ experiment_id: string }>({
        method: "POST",
        path: `${API}/experiments/create`,
        body,
        idempotent: false,
      });
      return made.experiment_id;
    } catch (error) {
      const raced = isAlreadyThere(error) ? await this.find(name) : undefined;
      if (raced !== undefined) return raced;
      throw error;
    }
  }
}
