import { createServer } from "node:net";
import { httpStatus, liveUrl } from "../../local/http-status";
import { type Finding, ok, problem } from "../finding";

const ANSWER_MS = 2_000;

export interface PortCheck {
  /** What listens there, such as `API`. */
  name: string;
  host: string;
  /** 0: any free one, or none. */
  port: number;
  /** The setting that names it. */
  variable: string;
  /** It does not run yet: what answers there belongs to another folder. */
  notYet?: boolean;
}

/** Whether a port is free, or taken by what should be there: that answers /livez. */
export async function checkPort({ name, host, port, variable, notYet }: PortCheck): Promise<Finding> {
  const check = `${name.toLowerCase()} port`;
  if (port === 0) return ok(check, "any free one");
  const code = await bindError(host, port);
  if (code === undefined) return ok(check, `${port} of ${host} is free`);
  const isTaken = code === "EADDRINUSE";
  const answers = isTaken && (await httpStatus(liveUrl(host, port), ANSWER_MS)) === 200;
  if (answers && !notYet) return ok(check, `${port} of ${host}: the ${name} runs there`);
  const by = answers ? `the ${name} of another folder` : "another program";
  const what = isTaken ? `is taken by ${by}` : `cannot be listened on (${code})`;
  return problem(
    check,
    `port ${port} of ${host} ${what}`,
    `set ${variable} to another port, or to 0 for any free one; \`ss -ltnp\` names the program`,
  );
}

function bindError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "an error"));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
