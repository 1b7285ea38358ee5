import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ColaError } from "../errors/cola-error";
import { type Alert, type Incident, incidentSchema } from "./alerts";
import { SAFE_NAME } from "./names";

/**
 * Incidents on disk, one file each: `<state>/alerts/incidents/<id>.json`. The monitor writes them, `cola alerts`
 * lists and acknowledges; writing the same alert twice changes nothing.
 */
export class IncidentStore {
  readonly #folder: string;

  /** @param stateDir `paths.stateDir` */
  constructor(stateDir: string) {
    this.#folder = join(stateDir, "alerts", "incidents");
  }

  /** Notes that an incident opened, or ended. */
  async record(alert: Alert): Promise<void> {
    const known = await this.find(alert.id);
    if (alert.status === "firing") await this.#write({ ...known, alert });
    else await this.#write({ ...known, alert: known?.alert ?? alert, recovered: alert });
  }

  /** All incidents, newest first; `open` leaves out those that ended. */
  async list(filter: { open?: boolean } = {}): Promise<Incident[]> {
    const names = await readdir(this.#folder).catch(absentIsEmpty);
    const incidents: Incident[] = [];
    for (const name of names.filter((name) => name.endsWith(".json"))) {
      const incident = await this.find(name.slice(0, -5));
      if (incident && !(filter.open && incident.recovered)) incidents.push(incident);
    }
    return incidents.sort((a, b) => b.alert.at.localeCompare(a.alert.at));
  }

  /**
   * Notes that somebody has seen it. The first one counts.
   * @throws ColaError JOB_NOT_FOUND
   */
  async acknowledge(id: string, by: string, at: Date = new Date()): Promise<Incident> {
    const incident = await this.find(id);
    if (!incident)
      throw new ColaError("JOB_NOT_FOUND", `no alert ${JSON.stringify(id)}: \`cola alerts\` lists them`);
    if (incident.acknowledged) return incident;
    const acknowledged = { ...incident, acknowledged: { at: at.toISOString(), by } };
    await this.#write(acknowledged);
    return acknowledged;
  }

  /** One incident, or nothing where there is none of that id. */
  async find(id: string): Promise<Incident | undefined> {
    if (!SAFE_NAME.test(id)) return undefined;
    try {
      return incidentSchema.parse(JSON.parse(await readFile(join(this.#folder, `${id}.json`), "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async #write(incident: Incident): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, `${incident.alert.id}.json`);
    const temporary = `${path}.${process.pid}.part`;
    await writeFile(temporary, `${JSON.stringify(incident)}\n`, { mode: 0o640 });
    await rename(temporary, path);
  }
}

function absentIsEmpty(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
