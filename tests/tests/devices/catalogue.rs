//! What can be collected.

use serde_json::Value;
use tests::server::Server;

use crate::names;

#[tokio::test]
async fn platforms_templates_and_types_tell_the_same() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let admin = server.admin().await?;
    let platforms = admin.get("/api/v1/platforms").await?;
    assert!(names(&platforms).contains(&"cisco_ios".to_owned()));
    let types = admin.get("/api/v1/capture-types").await?;
    let wizard = [
        "configs",
        "arp",
        "mac",
        "lldp",
        "interfaces",
        "routes",
        "version",
        "inventory",
    ];
    assert!(names(&types).iter().map(String::as_str).take(8).eq(wizard));
    let templates = admin.get("/api/v1/job-templates").await?;
    let items = |answer: &Value| answer["items"].as_array().cloned().unwrap_or_default();
    let of_platforms: usize = items(&platforms.body)
        .iter()
        .filter_map(|platform| platform["captures"].as_array().map(Vec::len))
        .sum();
    assert_eq!(items(&templates.body).len(), of_platforms);
    let one = admin
        .get("/api/v1/job-templates?platform=ios&platform=eos&capture_type=configs")
        .await?;
    let commands: Vec<String> = items(&one.body)
        .iter()
        .map(|item| item["commands"][0].to_string())
        .collect();
    assert_eq!(commands.len(), 2);
    assert!(commands.contains(&"\"show running-config\"".to_owned()), "{commands:?}");
    let evidence = ["real", "recorded", "simulated", "documented"];
    assert!(
        items(&templates.body)
            .iter()
            .all(|item| evidence.contains(&item["evidence"].as_str().unwrap_or_default()))
    );
    Ok(())
}
