import { resolve } from "node:path";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import type { Finding } from "../finding";
import { inTime } from "../in-time";
import { checkDiskRoom } from "./disk-room";
import { checkFolderRights } from "./folder-rights";
import { checkNodeVersion } from "./node-version";
import { checkPort } from "./port";
import { checkPythonEnvironment } from "./python-environment";

const MEND = "look into the message";

export interface MachineCheck {
  config: Pick<ColaConfig, "paths" | "http" | "worker">;
  /** The environment of embedded servers; absent if none would be started. */
  pythonDir?: string;
  /** Default: this process's. */
  nodeVersion?: string;
  /** False if any free port will do. */
  ports?: boolean;
  /** Address of the API that `cola up` serves in this folder; absent: it is where the settings say. */
  apiUrl?: string;
  /** `cola up` would start the API, and does not run: what answers at its port is another's. */
  notYet?: boolean;
}

/** Node, Python, disks, folders and ports of this machine. */
export async function checkMachine({
  config,
  pythonDir,
  nodeVersion = process.versions.node,
  ports = true,
  apiUrl,
  notYet = false,
}: MachineCheck): Promise<Finding[]> {
  const { paths, http, worker } = config;
  const folders = [["state", paths.stateDir], ...(paths.dataDir === "" ? [] : [["data", paths.dataDir]])].map(
    ([name, folder]) => [name!, resolve(folder!)] as const,
  );
  const look = (check: string, find: () => Promise<Finding>) => inTime(check, MEND, find);
  const port = apiUrl === undefined ? http.port : Number(new URL(apiUrl).port);
  const api = { name: "API", host: http.host, port, variable: "COLAML_PORT", notYet };
  const health = {
    name: "worker",
    host: "127.0.0.1",
    port: worker.healthPort,
    variable: "COLAML_HEALTH_PORT",
  };
  return Promise.all([
    checkNodeVersion(nodeVersion),
    ...(pythonDir === undefined ? [] : [look("python", () => checkPythonEnvironment(pythonDir))]),
    ...folders.map(([name, folder]) => look(`${name} folder`, () => checkFolderRights(name, folder))),
    ...folders.map(([name, folder]) => look(`${name} disk`, () => checkDiskRoom(name, folder))),
    ...(ports ? [look("api port", () => checkPort(api))] : []),
    ...(ports && worker.healthPort !== 0 ? [look("worker port", () => checkPort(health))] : []),
  ]);
}
