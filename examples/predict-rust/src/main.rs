//! Scores a file and two texts from Rust, over the queue: `cargo run -- new.csv scored.csv`.
//! REDIS_URL says where Redis is, COLAML_MODEL_URI which model. The paths must be absolute, on a disk that the
//! predictors share.

use bullmq_rs::{QueueBuilder, QueueEventsBuilder, RedisConnection};
use serde_json::{json, Value};
use std::env::{args, var};
use std::time::Duration;

fn setting(name: &str, default: &str) -> String {
    var(name).unwrap_or_else(|_| default.to_string())
}

/// The result of a job. It fails with `CODE: message` if the job does; docs/errors.md lists the codes.
async fn run(name: &str, payload: Value) -> Result<Value, Box<dyn std::error::Error>> {
    let redis = RedisConnection::new(setting("REDIS_URL", "redis://127.0.0.1:6379"));
    let prefix = setting("COLAML_REDIS_PREFIX", "{colaml}");
    let events = QueueEventsBuilder::new(name).connection(redis.clone()).prefix(&prefix).build().await?;
    let queue = QueueBuilder::new(name).connection(redis).prefix(&prefix).build::<Value>().await?;
    let job = queue.add(name, payload, None).await?;
    Ok(job.wait_until_finished(&events, Some(Duration::from_secs(120))).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<String> = args().skip(1).collect();
    let model = setting("COLAML_MODEL_URI", "models:/modelo_nuevo@champion");
    let file = json!({"input": {"path": paths[0]}, "output": paths[1], "model": model});
    let texts = json!({"texts": ["my order never arrived", "thanks, have a nice day"], "model": model});
    let file = run("predict", file).await?;
    let texts = run("predict-texts", texts).await?;
    println!("{}", json!({"file": file, "texts": texts}));
    Ok(())
}
