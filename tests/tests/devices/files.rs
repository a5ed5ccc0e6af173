//! Devices from files and back.

use reqwest::Method;
use serde_json::Value;
use tests::server::{Answer, Client};

use crate::{list, names, servers, text};

async fn import(client: &Client, query: &str, kind: &str, file: &str) -> anyhow::Result<Answer> {
    let path = format!("/api/v1/device-imports?{query}");
    client
        .send_raw(Method::POST, &path, Some((kind, file.as_bytes().to_vec())))
        .await
}

fn rows(answer: &Answer) -> Vec<(u64, String)> {
    let number = |row: &Value| row.get("row").and_then(Value::as_u64).unwrap_or_default();
    list(answer, "rows")
        .iter()
        .map(|row| (number(row), text(row, "action")))
        .collect()
}

fn counts(answer: &Answer) -> [u64; 4] {
    let count = |name| answer.body.get(name).and_then(Value::as_u64);
    ["created", "updated", "unchanged", "failed"].map(|name| count(name).unwrap_or(u64::MAX))
}

/// The devices of a list without what every device has for itself.
fn said(answer: &Answer) -> Vec<Value> {
    let mut items = list(answer, "items");
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        item.retain(|name, _| !["id", "created_at", "updated_at"].contains(&name.as_str()));
    }
    items
}

const CSV: &str = "\
name,host,port,platform,site,role,vendor,tags,enabled,password
core1,192.0.2.1,22,ios,ams,core,Cisco,prod;l3,true,hunter2
=cmd|' /C calc'!A0,192.0.2.2,,windows,ams,,,,,hunter2
core1,192.0.2.3,,,,,,,,
bad,256.1.1.1,70000,,,,,,maybe,
'; DROP TABLE device;--,192.0.2.4,,,\u{202e}evil,,,,,
";

#[tokio::test]
async fn rows_that_mean_harm_cost_only_themselves() -> anyhow::Result<()> {
    for (server, admin, _postgres) in servers("rows_that_mean_harm_cost_only_themselves").await? {
        let viewer = server.user(&admin, "vera", "viewer").await?;
        let tried = import(&viewer, "dry_run=true", "text/csv", CSV).await?;
        assert_eq!((tried.status, counts(&tried)), (200, [2, 0, 0, 3]), "{tried:?}");
        assert!(names(&admin.get("/api/v1/devices").await?).is_empty());
        assert_eq!(import(&viewer, "", "text/csv", CSV).await?.status, 403);
        let done = import(&admin, "format=csv", "text/csv", CSV).await?;
        assert_eq!(done.body["rows"], tried.body["rows"]);
        let expected = ["created", "created", "failed", "failed", "failed"];
        let expected: Vec<(u64, String)> = (2..).zip(expected.map(str::to_owned)).collect();
        assert_eq!(rows(&done), expected);
        let all = done.body.to_string();
        assert!(!all.contains("hunter2") && all.contains("windows"), "{all}");
        let again = import(&admin, "", "text/csv", CSV).await?;
        assert_eq!(counts(&again), [0, 0, 2, 3]);
        let change = "name,ip,site\ncore1,192.0.2.1,fra\n";
        let careful = import(&admin, "", "text/csv", change).await?;
        assert_eq!(counts(&careful), [0, 0, 0, 1]);
        let changed = import(&admin, "update=true", "text/csv", change).await?;
        assert_eq!(counts(&changed), [0, 1, 0, 0]);
        let device = admin.get("/api/v1/devices?name=core1").await?;
        assert_eq!(device.text_of("/items/0/site"), "fra");
        assert_eq!(device.text_of("/items/0/role"), "core");
        let export = admin.get("/api/v1/device-exports?format=csv").await?;
        let csv = String::from_utf8(export.bytes.clone())?;
        assert!(csv.contains("\n'=cmd|' /C calc'!A0,"), "{csv}");
        assert_eq!(
            export.header("content-disposition"),
            "attachment; filename=\"devices.csv\""
        );
    }
    Ok(())
}

#[tokio::test]
async fn all_three_formats_go_in_and_come_out() -> anyhow::Result<()> {
    let yaml = "- folder_name: ams\n  sessions:\n  - {display_name: r1, host: 192.0.2.1, port: '22', credsid: '1', DeviceType: cisco_ios, Vendor: Cisco}\n  - {display_name: r2, host: 192.0.2.2}\n";
    for (_server, admin, _postgres) in servers("all_three_formats_go_in_and_come_out").await? {
        let done = import(&admin, "format=sessions_yaml", "application/yaml", yaml).await?;
        assert_eq!(counts(&done), [2, 0, 0, 0], "{done:?}");
        let done = import(
            &admin,
            "format=list",
            "text/plain",
            "192.0.2.9, [2001:db8::1]:2222; sw1.example\n",
        )
        .await?;
        assert_eq!(counts(&done), [3, 0, 0, 0], "{done:?}");
        for format in ["csv", "sessions_yaml"] {
            let before = admin.get("/api/v1/devices").await?;
            let file = admin.get(&format!("/api/v1/device-exports?format={format}")).await?;
            let file = String::from_utf8(file.bytes)?;
            let query = format!("format={format}");
            let again = import(&admin, &query, "text/plain", &file).await?;
            assert_eq!(counts(&again), [0, 0, 5, 0], "{file}\n{again:?}");
            for device in before.body["items"].as_array().into_iter().flatten() {
                let path = format!("/api/v1/devices/{}", device["id"].as_str().unwrap_or_default());
                assert_eq!(admin.delete(&path).await?.status, 204);
            }
            let back = import(&admin, &query, "text/plain", &file).await?;
            assert_eq!(counts(&back), [5, 0, 0, 0], "{file}\n{back:?}");
            assert_eq!(said(&admin.get("/api/v1/devices").await?), said(&before), "{file}");
        }
        let as_list = admin.get("/api/v1/device-exports?format=list&name=*2001*").await?;
        assert_eq!(String::from_utf8(as_list.bytes)?, "[2001:db8::1]:2222\n");
    }
    Ok(())
}

#[tokio::test]
async fn files_that_are_none_say_why() -> anyhow::Result<()> {
    for (_server, admin, _postgres) in servers("files_that_are_none_say_why").await? {
        for file in ["", "PK\u{3}\u{4}workbook", "# nothing but this\n"] {
            let answer = import(&admin, "format=csv", "text/csv", file).await?;
            assert_eq!(
                (answer.status, answer.code()),
                (422, "import_unreadable".to_owned()),
                "{answer:?}"
            );
        }
        let large = "a".repeat(17 * 1024 * 1024);
        assert_eq!(
            import(&admin, "", "text/plain", &large).await?.code(),
            "import_unreadable"
        );
        let larger = "a".repeat(40 * 1024 * 1024);
        let refused = import(&admin, "", "text/plain", &larger).await;
        // The server may end the connection before all of it was sent.
        assert!(refused.map_or(true, |answer| answer.status == 413));
        assert_eq!(import(&admin, "format=xml", "text/plain", "a").await?.status, 400);
        let bomb = format!("a: &a [{}]\n", "x,".repeat(1_000)) + &"- [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n".repeat(2_000);
        let answer = import(&admin, "format=sessions_yaml", "application/yaml", &bomb).await?;
        assert!(answer.status == 422 || answer.body["created"] == 0, "{answer:?}");
    }
    Ok(())
}
