import { runWorkerProcess } from "@colaml/shared/worker/worker-process";
import { startMonitor } from "./start";

void runWorkerProcess("monitor-worker", startMonitor);
