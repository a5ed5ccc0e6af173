//! Devices from files and into files.

use serde_json::Value;

use crate::desk::Desk;

#[tokio::test]
async fn devices_go_in_and_come_out_as_they_were() -> anyhow::Result<()> {
    let desk = Desk::new(7).await?;
    std::fs::write(desk.file("in.csv"), desk.csv())?;
    let ran = desk.run("devices list").await?;
    assert!(
        ran.out.is_empty() && ran.err.contains("There is no device yet"),
        "{ran:?}"
    );

    let ran = desk.run("devices import in.csv --dry-run").await?;
    assert!(
        ran.code == 0 && ran.out.contains("Nothing was stored; it would be: 7 created"),
        "{ran:?}"
    );
    let ran = desk.run("devices import in.csv").await?;
    assert!(
        ran.code == 0 && ran.out.contains("7 created, 0 updated, 0 unchanged, 0 failed."),
        "{ran:?}"
    );

    let ran = desk.run("devices list --output json").await?;
    let listed: Vec<Value> = serde_json::from_str(&ran.out)?;
    let names: Vec<&str> = listed.iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names.len(), 7);
    let ran = desk.run("devices list --limit 3 --output csv").await?;
    assert_eq!(ran.out.lines().count(), 4, "{}", ran.out);
    assert!(ran.out.starts_with("id,name,address,port,platform,"), "{}", ran.out);
    let site = listed[0]["site"].as_str().unwrap();
    let of_site = listed.iter().filter(|row| row["site"] == site).count();
    let ran = desk
        .run(&format!("devices list --site {} --output json", site.to_uppercase()))
        .await?;
    assert_eq!(serde_json::from_str::<Vec<Value>>(&ran.out)?.len(), of_site);

    for (format, file) in [("csv", "out.csv"), ("sessions_yaml", "out.yaml")] {
        let ran = desk
            .run(&format!("devices export --format {format} --out {file}"))
            .await?;
        assert_eq!(ran.code, 0, "{ran:?}");
        let ran = desk.run(&format!("devices import {file} --update")).await?;
        assert!(
            ran.code == 0 && ran.out.contains("7 unchanged, 0 failed."),
            "{format}: {ran:?}"
        );
    }
    let ran = desk.run("devices export --format list").await?;
    assert_eq!(ran.out.lines().count(), 7, "{}", ran.out);

    let name = names[0];
    let ran = desk.run(&format!("devices delete {name}")).await?;
    assert!(ran.code == 1 && ran.err.contains("--yes"), "{ran:?}");
    let ran = desk.run(&format!("devices delete {name} --yes")).await?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = desk.run(&format!("devices show {name}")).await?;
    assert!(
        ran.code == 1 && ran.err.contains(&format!("There is no device '{name}'")),
        "{ran:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_row_that_is_wrong_costs_itself_and_a_formula_is_a_text() -> anyhow::Result<()> {
    let desk = Desk::new(1).await?;
    let rows = "name,host,port,site\n=cmd|1,192.0.2.1,22,@x\ngood,192.0.2.2,22,ams\nbad,192.0.2.3,99999,ams\n";
    std::fs::write(desk.file("in.csv"), rows)?;
    let ran = desk.run("devices import in.csv").await?;
    assert!(
        ran.code == 2 && ran.out.contains("2 created, 0 updated, 0 unchanged, 1 failed."),
        "{ran:?}"
    );
    assert!(ran.out.contains("99999"), "the wrong row is named: {}", ran.out);
    let ran = desk.run("devices import in.csv --output json").await?;
    let report: Value = serde_json::from_str(&ran.out)?;
    assert_eq!(report["rows"][2]["action"], "failed");
    let ran = desk.run("devices list --output csv").await?;
    assert!(
        ran.out.contains(",'=cmd|1,") && ran.out.contains(",'@x,"),
        "{}",
        ran.out
    );
    std::fs::write(desk.file("worse.csv"), "name,host,port\nbad,192.0.2.3,99999\n")?;
    let ran = desk.run("devices import worse.csv --quiet").await?;
    assert_eq!(ran.code, 64, "an option that there is not: {ran:?}");
    let ran = desk.run("devices import worse.csv").await?;
    assert_eq!(ran.code, 1, "{ran:?}");
    Ok(())
}
