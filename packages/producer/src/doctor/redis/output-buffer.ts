import { messageOf } from "@colaml/shared/errors/cola-error";
import { checkOutputBuffer } from "@colaml/shared/queue/output-buffer-limit";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { type Finding, ok, problem, warning } from "../finding";

const CHECK = "redis client-output-buffer-limit";

/** Whether Redis hands a chunk out in one answer; it matters with `transport: redis` only. */
export async function checkRedisOutputBuffer(
  connection: Parameters<typeof checkOutputBuffer>[0],
  { chunkBytes, transport }: Pick<ColaConfig["predict"], "chunkBytes" | "transport">,
): Promise<Finding> {
  const mend =
    'redis-cli CONFIG SET client-output-buffer-limit "normal 0 0 0", or give a smaller COLAML_CHUNK_BYTES';
  try {
    await checkOutputBuffer(connection, chunkBytes, "give a smaller COLAML_CHUNK_BYTES");
    return ok(CHECK, `answers of ${chunkBytes} bytes pass, or Redis does not say its limit to this user`);
  } catch (error) {
    const message = messageOf(error).replace(/: raise it with .*$/, "");
    return transport === "redis"
      ? problem(CHECK, message, mend)
      : warning(CHECK, `${message} with transport: redis`, mend);
  }
}
