import { type Finding, ok, problem } from "../finding";

const CHECK = "node";
/** As package.json has it. */
const LEAST_MAJOR = 20;

/** @param version such as `22.11.0` */
export function checkNodeVersion(version: string): Finding {
  if (Number(version.split(".")[0]) >= LEAST_MAJOR) return ok(CHECK, `Node ${version}`);
  return problem(
    CHECK,
    `Node is ${version}, ${LEAST_MAJOR} or later is needed`,
    "install Node 22: nvm install 22",
  );
}
