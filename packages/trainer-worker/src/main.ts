import { runWorkerProcess } from "@colaml/shared/worker/worker-process";
import { startTrainer } from "./start-trainer";

void runWorkerProcess("trainer-worker", startTrainer);
