import { z } from "zod";
import { payloadFields } from "./payload-fields";
import { text } from "./setting-kinds";
import { columnName, textColumnsSchema } from "./text-columns";

/** Which columns hold what. */
export const columnsSettings = {
  text: text({
    doc: 'Text column; several, joined by a line end: a JSON list like ["subject","body"], or the flag again',
    env: "COLAML_TEXT_COLUMN",
    default: "text",
    payload: "text",
    payloadType: textColumnsSchema,
  }),
  label: text({
    doc: "Label column",
    env: "COLAML_LABEL_COLUMN",
    default: "inbound",
    payload: "label",
    payloadType: columnName,
  }),
  id: text({
    doc: "Id column",
    env: "COLAML_ID_COLUMN",
    default: "tweet_id",
    payload: "id",
    payloadType: columnName,
  }),
};

/** The columns a dataset is read by. `id` may be absent in a file: row numbers serve then. */
export const columnsSchema = z.strictObject(payloadFields(columnsSettings));
export type Columns = z.infer<typeof columnsSchema>;
