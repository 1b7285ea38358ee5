import { flag, integer, secret, text } from "./setting-kinds";

/** Where alerts are posted, and where they must not be. */
export const webhookSettings = {
  url: secret({
    doc: "Alerts are posted to this https:// URL; empty: no webhook",
    env: "COLAML_WEBHOOK_URL",
  }),
  secret: secret({
    doc: "Signs webhooks (HMAC-SHA256); whsec_<base64> or any text",
    env: "COLAML_WEBHOOK_SECRET",
  }),
  previousSecret: secret({
    doc: "Signs webhooks too, while keys are changed",
    env: "COLAML_WEBHOOK_PREVIOUS_SECRET",
  }),
  allowHttp: flag({ doc: "Post to http:// as well", env: "COLAML_WEBHOOK_ALLOW_HTTP" }),
  allowPrivate: flag({
    doc: "Post to private and loopback addresses as well",
    env: "COLAML_WEBHOOK_ALLOW_PRIVATE",
  }),
  hosts: text({
    doc: "Hosts that may be posted to, by comma; empty: any public one",
    env: "COLAML_WEBHOOK_HOSTS",
    default: "",
  }),
  ports: text({
    doc: "Ports that may be posted to, by comma",
    env: "COLAML_WEBHOOK_PORTS",
    default: "443,80",
  }),
  giveUpAfterS: integer({
    doc: "Seconds an alert is tried to be posted",
    env: "COLAML_WEBHOOK_GIVE_UP_S",
    default: 86_400,
    min: 1,
    max: 2_592_000,
  }),
};
