import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ZodType } from "zod";
import {
  type Acknowledgement,
  type Alert,
  acknowledgementSchema,
  alertSchema,
  type Incident,
} from "../contracts/alerts";
import { ColaError } from "../errors/cola-error";
import type { DocumentKind } from "../files/documents";
import { isThere, makeFolder, writeOnce } from "../files/durable-file";
import { keepNewest } from "../files/keep-newest";
import { documentBytes, readDocument } from "../files/state-document";
import { stateFolder } from "../files/state-folder";
import { SAFE_NAME } from "../settings/safe-name";

const FIRING = "firing.json";
const RECOVERED = "recovered.json";
const ACKNOWLEDGED = "acknowledged.json";

/**
 * Incidents on disk, a folder each: `<state>/alerts/incidents/<id>/{firing,recovered,acknowledged}.json`. Each file is
 * written once and never changed, so monitors, the API and `cola alerts` need no lock against each other, and
 * writing the same alert twice changes nothing. One that cannot be read is set aside, and counts as absent.
 */
export class IncidentStore {
  readonly #folder: string;
  readonly #report: (message: string) => void;

  /**
   * @param stateDir `paths.stateDir`
   * @param report gets a line about a file that cannot be read
   */
  constructor(stateDir: string, report: (message: string) => void) {
    this.#folder = stateFolder(stateDir).incidents;
    this.#report = report;
  }

  /** Notes that an incident opened, or ended. */
  async record(alert: Alert): Promise<void> {
    await this.#writeOnce("incidentAlert", alert.id, alert.status === "firing" ? FIRING : RECOVERED, alert);
  }

  /**
   * Removes the oldest incidents that ended.
   *
   * @param kept how many stay
   * @returns how many were removed
   */
  keepNewest(kept: number): Promise<number> {
    return keepNewest(this.#folder, kept, (id) => isThere(join(this.#folder, id, RECOVERED)));
  }

  /** All incidents, newest first; `open` leaves out those that ended. */
  async list(filter: { open?: boolean } = {}): Promise<Incident[]> {
    const incidents: Incident[] = [];
    for (const id of await readdir(this.#folder).catch(absentIsEmpty)) {
      const incident = await this.find(id);
      if (incident && !(filter.open && incident.recovered)) incidents.push(incident);
    }
    return incidents.sort(
      ({ alert: a }, { alert: b }) => b.at.localeCompare(a.at) || a.id.localeCompare(b.id),
    );
  }

  /**
   * Notes that somebody has seen it. The first one counts.
   * @throws ColaError JOB_NOT_FOUND
   */
  async acknowledge(id: string, by: string, at: Date = new Date()): Promise<Incident> {
    const unknown = () =>
      new ColaError(
        "JOB_NOT_FOUND",
        `no alert ${JSON.stringify(id.slice(0, 140))}: \`cola alerts\` lists them`,
      );
    if (!(await this.find(id))) throw unknown();
    await this.#writeOnce("acknowledgement", id, ACKNOWLEDGED, {
      at: at.toISOString(),
      by,
    } satisfies Acknowledgement);
    const incident = await this.find(id);
    if (!incident) throw unknown();
    return incident;
  }

  /** One incident, or nothing if there is none of that id. */
  async find(id: string): Promise<Incident | undefined> {
    if (!SAFE_NAME.test(id)) return undefined;
    const [firing, recovered, acknowledged] = await Promise.all([
      this.#read("incidentAlert", id, FIRING, alertSchema),
      this.#read("incidentAlert", id, RECOVERED, alertSchema),
      this.#read("acknowledgement", id, ACKNOWLEDGED, acknowledgementSchema),
    ]);
    const alert = firing ?? recovered;
    if (!alert) return undefined;
    return { alert, ...(recovered ? { recovered } : {}), ...(acknowledged ? { acknowledged } : {}) };
  }

  #read<T>(kind: DocumentKind, id: string, name: string, schema: ZodType<T>): Promise<T | undefined> {
    return readDocument(kind, join(this.#folder, id, name), schema, this.#report);
  }

  /** Of two writers one wins, and nobody reads half a file. */
  async #writeOnce(kind: DocumentKind, id: string, name: string, content: object): Promise<void> {
    const folder = join(this.#folder, id);
    await makeFolder(folder);
    await writeOnce(join(folder, name), [documentBytes(kind, content)]);
  }
}

function absentIsEmpty(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
