import { outputBufferProblem } from "@colaml/shared/queue/output-buffer-limit";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { type Finding, ok, problem, warning } from "../finding";

const CHECK = "redis client-output-buffer-limit";

/** Whether Redis hands a chunk out in one answer; it matters with `transport: redis` only. */
export async function checkRedisOutputBuffer(
  connection: Parameters<typeof outputBufferProblem>[0],
  { chunkBytes, transport }: Pick<ColaConfig["predict"], "chunkBytes" | "transport">,
): Promise<Finding> {
  const mend =
    'redis-cli CONFIG SET client-output-buffer-limit "normal 0 0 0", or give a smaller COLAML_CHUNK_BYTES';
  const reason = await outputBufferProblem(connection, chunkBytes);
  if (reason === undefined)
    return ok(CHECK, `answers of ${chunkBytes} bytes pass, or Redis does not say its limit to this user`);
  return transport === "redis"
    ? problem(CHECK, reason, mend)
    : warning(CHECK, `${reason} with transport: redis`, mend);
}
