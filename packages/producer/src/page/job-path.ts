import type { QueueName } from "@colaml/shared/contracts/catalogue";
import { PAGES } from "./layout";

export const JOBS_PATH = `${PAGES}/jobs`;

/** The page of a job. Its queue stands in it, since an id may occur in several. */
export const jobPath = (queue: QueueName, id: string) => `${JOBS_PATH}/${queue}/${encodeURIComponent(id)}`;
