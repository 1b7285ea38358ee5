// What a process of ours holds, by what it says of itself at /metrics.
const MB = 1024 * 1024;

/**
 * The two parts of a process's memory that a leak makes grow, in MB. The rest of its resident memory is room that V8
 * keeps for its heap and fills with garbage before it collects: that swings by tens of MB and says nothing of a leak.
 *
 * @param metrics the text of /metrics
 * @returns `heap`: what V8's heap holds after its last full collection; `outside`: what is resident beside V8's heap,
 *   which is Node itself (some 50 MB), buffers and what glibc keeps of those that were freed. Each is undefined if the
 *   text does not have it: V8 may not have collected yet.
 */
export function memoryOf(metrics) {
  const bytes = (name) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(metrics)?.[1] ?? Number.NaN);
  const megabytes = (value) => (Number.isNaN(value) ? undefined : value / MB);
  return {
    heap: megabytes(bytes("colaml_heap_after_collection_bytes")),
    outside: megabytes(
      bytes("colaml_process_resident_memory_bytes") - bytes("colaml_nodejs_heap_size_total_bytes"),
    ),
  };
}
