import type { IncidentStore } from "@colaml/shared/alerts/incident-store";
import type { Incident } from "@colaml/shared/contracts/alerts";

/** Pages are fetched again every few seconds by everybody who looks: one reading of the folder serves them this long. */
const CACHE_MS = 2_000;

export interface Incidents {
  /** Newest first. */
  list(): Promise<readonly Incident[]>;
  acknowledge(id: string, by: string): Promise<Incident>;
}

/** The incidents of the state folder, read at most every two seconds; what a page changes is seen at once. */
export function createIncidents(
  store: Pick<IncidentStore, "list" | "acknowledge">,
  clock: () => number = Date.now,
): Incidents {
  let cached: { atMs: number; incidents: Promise<readonly Incident[]> } | undefined;
  return {
    list() {
      const now = clock();
      if (cached && now - cached.atMs < CACHE_MS) return cached.incidents;
      const incidents = store.list();
      cached = { atMs: now, incidents };
      incidents.catch(() => {
        cached = undefined;
      });
      return incidents;
    },
    async acknowledge(id, by) {
      const incident = await store.acknowledge(id, by);
      cached = undefined;
      return incident;
    },
  };
}

export const isOpen = ({ recovered }: Incident) => recovered === undefined;
