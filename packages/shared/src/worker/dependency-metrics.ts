import { Gauge, type Registry } from "prom-client";
import type { HealthChecks } from "./health-checks";

const HELP = {
  redis: "1: Redis takes writes, as /readyz looks at it; 0: it does not",
  mlflow: "1: MLflow takes our requests, as /readyz looks at it; 0: it does not",
};

/**
 * `colaml_redis_up` and `colaml_mlflow_up` of a process that looks at them; they are looked at when they are asked for, at
 * most every 2 s. What nobody looks at yet is absent.
 */
export function showDependencies(registry: Registry, health: HealthChecks): void {
  for (const [name, help] of Object.entries(HELP)) {
    new Gauge({
      name: `colaml_${name}_up`,
      help,
      registers: [registry],
      // Without a label it would be shown as 0 before anybody looked.
      labelNames: ["dependency"] as const,
      async collect() {
        this.reset();
        const result = (await health.look())[name];
        if (result) this.set({}, result.ok ? 1 : 0);
      },
    });
  }
}
