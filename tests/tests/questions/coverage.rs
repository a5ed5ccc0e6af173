//! What is collected of which device, and what is not.

use anyhow::Context;
use lab::{Fault, FleetOptions};
use serde_json::{Value, json};
use tests::server::Setup;

use crate::{DATABASES, ask, collect, list, scene::Scene};

fn of_type<'a>(coverage: &'a Value, name: &str) -> &'a Value {
    let types = coverage["types"].as_array().unwrap();
    &types.iter().find(|one| one["capture_type"] == name).unwrap()["counts"]
}

#[tokio::test]
async fn fresh_failing_and_never_are_counted_and_listed() -> anyhow::Result<()> {
    for kind in DATABASES {
        let fleet = FleetOptions {
            devices: 9,
            ..FleetOptions::default()
        };
        let Some(scene) = Scene::on(kind, "coverage", fleet, Setup::default()).await? else {
            continue;
        };
        let admin = &scene.admin;
        let empty = ask(admin, "coverage?capture_type=configs&capture_type=arp").await?;
        assert_eq!(empty["devices"], 9);
        assert_eq!(
            empty["counts"],
            json!({"fresh": 0, "stale": 0, "failing": 0, "never": 18, "not_supported": 0})
        );

        collect(&scene, &["configs", "arp"]).await?;
        let path = "coverage?capture_type=configs&capture_type=arp&capture_type=version&capture_type=spanning_tree";
        let has_it = |platform: &str| ["cisco_ios", "cisco_nxos", "arista_eos", "juniper_junos"].contains(&platform);
        let devices = scene.fleet.devices();
        let switches = devices
            .iter()
            .filter(|device| has_it(&device.platform.to_string()))
            .count();
        assert!((1..9).contains(&switches), "{switches}");
        let after = ask(admin, path).await.with_context(|| scene.server.log())?;
        for (name, fresh, never, not_supported) in [
            ("configs", 9, 0, 0),
            ("arp", 9, 0, 0),
            ("version", 0, 9, 0),
            ("spanning_tree", 0, switches, 9 - switches),
        ] {
            let expected = json!({
                "fresh": fresh, "stale": 0, "failing": 0, "never": never, "not_supported": not_supported,
            });
            assert_eq!(of_type(&after, name), &expected, "{kind:?} {name}");
        }
        let unknown = admin.get("/api/v1/coverage?capture_type=no_such_type").await?;
        assert_eq!((unknown.status, unknown.code().as_str()), (400, "parameter_invalid"));
        let sites = after["sites"].as_array().unwrap();
        assert_eq!(
            sites.iter().map(|site| site["devices"].as_u64().unwrap()).sum::<u64>(),
            9
        );
        let fresh = sites.iter().map(|site| site["counts"]["fresh"].as_u64().unwrap());
        assert_eq!(fresh.sum::<u64>(), 18);

        // A device that no longer lets us in is failing, and its good texts are still told.
        let name = scene.fleet.devices()[2].name.clone();
        scene.fleet.set_fault(&name, Some(Fault::AuthRefused));
        collect(&scene, &["configs"]).await?;
        let after = ask(admin, path).await?;
        assert_eq!(
            of_type(&after, "configs"),
            &json!({"fresh": 8, "stale": 0, "failing": 1, "never": 0, "not_supported": 0})
        );
        assert_eq!(of_type(&after, "arp")["fresh"], 9);
        let failing = list(admin, "coverage/devices?state=failing&capture_type=configs").await?;
        assert_eq!(failing.len(), 1);
        assert_eq!(failing[0]["device_name"], name);
        let row = &failing[0]["types"][0];
        assert_eq!(
            (&row["state"], &row["verdict"], &row["failure_kind"]),
            (&"failing".into(), &"not_run".into(), &"authentication_failed".into())
        );
        assert!(row["last_good_at"].as_str() < row["last_tried_at"].as_str(), "{row}");
        let good = row["last_good_capture_id"].as_str().unwrap();
        assert_eq!(ask(admin, &format!("captures/{good}")).await?["device_name"], name);

        // In pages, by name, each device once.
        let rows = list(admin, "coverage/devices?limit=2").await?;
        let names: Vec<&str> = rows.iter().map(|row| row["device_name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), 9);
        assert!(
            names.is_sorted_by(|one, other| one.to_lowercase() < other.to_lowercase()),
            "{names:?}"
        );
        assert_eq!(
            list(admin, "coverage/devices?state=never&capture_type=version")
                .await?
                .len(),
            9
        );
        assert_eq!(
            list(admin, "coverage/devices?state=never&capture_type=configs")
                .await?
                .len(),
            0
        );
        assert_eq!(list(admin, "coverage/devices?state=stale").await?.len(), 0);

        // It comes back, and all is well again.
        scene.fleet.set_fault(&name, None);
        collect(&scene, &["configs"]).await?;
        let after = ask(admin, path).await?;
        assert_eq!(of_type(&after, "configs")["fresh"], 9);
        // One that is taken away does not count.
        let device = list(admin, &format!("devices?name={name}")).await?;
        let gone = admin
            .delete(&format!("/api/v1/devices/{}", device[0]["id"].as_str().unwrap()))
            .await?;
        assert_eq!(gone.status, 204);
        let after = ask(admin, path).await?;
        assert_eq!(
            (&after["devices"], &of_type(&after, "configs")["fresh"]),
            (&json!(8), &json!(8))
        );
        for bad in ["stale_after_hours=0", "stale_after_hours=99999999", "state=good"] {
            assert_eq!(
                admin.get(&format!("/api/v1/coverage/devices?{bad}")).await?.status,
                400,
                "{bad}"
            );
        }
    }
    Ok(())
}
