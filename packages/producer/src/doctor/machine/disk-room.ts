import { freeBytes } from "@colaml/shared/files/free-room";
import { type Finding, ok, problem, warning } from "../finding";

const MIB = 1_048_576;
/** A model, a checkpoint and a log need some room in any case. */
const LEAST_BYTES = 100 * MIB;
const FEW_BYTES = 1024 * MIB;

/**
 * Room on the disk of a folder, or of the nearest one above that is there.
 *
 * @param name of the folder, such as `state`
 */
export async function checkDiskRoom(name: string, folder: string, free = freeBytes): Promise<Finding> {
  const check = `${name} disk`;
  const bytes = await free(folder);
  const message = `${Math.floor(bytes / MIB)} MiB free on the disk of ${folder}`;
  const variable = name === "data" ? "COLAML_DATA_DIR" : "COLAML_STATE_DIR";
  const mend = `free some, or set ${variable} to a folder of another disk`;
  if (bytes < LEAST_BYTES) return problem(check, message, mend);
  return bytes < FEW_BYTES ? warning(check, message, mend) : ok(check, message);
}
