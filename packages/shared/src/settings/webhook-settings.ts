import { flag, integer, secret, text } from "./setting-kinds";

/** Where alerts are posted, and where they must not be. */
export const webhookSettings = {
  url: secret("Alerts are posted to this https:// URL; empty: no webhook", "COLAML_WEBHOOK_URL"),
  secret: secret("Signs webhooks (HMAC-SHA256); whsec_<base64> or any text", "COLAML_WEBHOOK_SECRET"),
  previousSecret: secret("Signs webhooks too, while keys are changed", "COLAML_WEBHOOK_PREVIOUS_SECRET"),
  allowHttp: flag("Post to http:// as well", "COLAML_WEBHOOK_ALLOW_HTTP"),
  allowPrivate: flag("Post to private and loopback addresses as well", "COLAML_WEBHOOK_ALLOW_PRIVATE"),
  hosts: text("Hosts that may be posted to, by comma; empty: any public one", "COLAML_WEBHOOK_HOSTS", ""),
  ports: text("Ports that may be posted to, by comma", "COLAML_WEBHOOK_PORTS", "443,80"),
  giveUpAfterS: integer(
    "Seconds an alert is tried to be posted",
    "COLAML_WEBHOOK_GIVE_UP_S",
    86_400,
    1,
    2_592_000,
  ),
};
