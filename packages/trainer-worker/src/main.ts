import { runWorkerProcess } from "@colaml/shared/worker/worker-process";
import { startTrainer } from "./start";

void runWorkerProcess("trainer-worker", startTrainer);
