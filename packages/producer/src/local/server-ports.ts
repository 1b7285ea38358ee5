import { makeFolder } from "@colaml/shared/files/durable-file";
import { readDocument, writeDocument } from "@colaml/shared/files/state-document";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { z } from "zod";

const port = z.number().int().min(1).max(65_535).optional();
const portsSchema = z.object({ redis: port, mlflow: port });

/** Ports of the embedded servers on 127.0.0.1. */
export type ServerPorts = z.infer<typeof portsSchema>;

/**
 * The ports that the servers of a state folder had last; none before their first start.
 *
 * @param report gets one line if the file cannot be read: it is kept aside, and the servers take other ports
 * @throws ColaError INPUT_UNREADABLE if the disk or the permissions forbid reading it
 */
export async function rememberedPorts(
  stateDir: string,
  report: (line: string) => void,
): Promise<ServerPorts> {
  const document = await readDocument("serverPorts", stateFolder(stateDir).serverPorts, portsSchema, report);
  return { redis: document?.redis, mlflow: document?.mlflow };
}

/**
 * Keeps the ports for the next start.
 *
 * @throws ColaError OUTPUT_UNWRITABLE
 */
export async function rememberPorts(stateDir: string, ports: ServerPorts): Promise<void> {
  await makeFolder(stateDir, 0o700);
  await writeDocument("serverPorts", stateFolder(stateDir).serverPorts, ports, 0o600);
}
