//! Users and API tokens of a server that runs.

use serde_json::Value;

use crate::desk::Desk;

#[tokio::test]
async fn users_and_tokens_of_a_server_that_runs() -> anyhow::Result<()> {
    let mut desk = Desk::new(0).await?;
    std::fs::write(desk.file("marias"), "maria has a password\n")?;
    desk.secrets.push("maria has a password".to_owned());
    let ran = desk
        .run("user create maria --role operator --password-file marias")
        .await?;
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "Made the user maria with the role operator\n"),
        "{ran:?}"
    );
    let ran = desk.run("user create maria --password-file marias").await?;
    assert!(ran.code == 1 && ran.err.contains("[user_exists, request "), "{ran:?}");
    let ran = desk.run("user role maria viewer").await?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = desk.run("user role nobody admin").await?;
    assert!(
        ran.code == 1 && ran.err.contains("There is no user \"nobody\""),
        "{ran:?}"
    );
    let ran = desk.run("user list --output json").await?;
    let users: Vec<Value> = serde_json::from_str(&ran.out)?;
    let maria = users.iter().find(|user| user["username"] == "maria").unwrap();
    assert_eq!((&maria["role"], &maria["enabled"]), (&"viewer".into(), &true.into()));

    let as_maria = |line: &str| {
        let mut command = desk.nobody(&format!("{line} --login maria")).unwrap();
        command.env("SHOWRUN_PASSWORD_FILE", desk.file("marias"));
        command
    };
    let ran = desk
        .finish(as_maria("token create --name pipeline --expires-in-days 1"))
        .await?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let token = ran.out.trim().to_owned();
    let ran = desk.finish(as_maria("token create admin")).await?;
    assert!(
        ran.code == 1 && ran.err.contains("tokens for oneself, which is maria"),
        "{ran:?}"
    );
    let works = || async {
        let mut list = desk.nobody("devices list")?;
        list.env("SHOWRUN_TOKEN", &token);
        desk.finish(list).await
    };
    assert_eq!(works().await?.code, 0);
    let ran = desk.run("token list --output json").await?;
    let tokens: Vec<Value> = serde_json::from_str(&ran.out)?;
    assert_eq!(tokens[0]["name"], "pipeline");
    assert!(!ran.out.contains(&token), "{ran:?}");
    let id = tokens[0]["id"].as_str().unwrap();
    let ran = desk.run(&format!("token delete {id}")).await?;
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "Took back the token pipeline\n"),
        "{ran:?}"
    );
    assert_eq!(works().await?.code, 1);
    let ran = desk.run(&format!("token delete {id}")).await?;
    assert!(ran.code == 1 && ran.err.contains("token list shows the ids"), "{ran:?}");

    assert_eq!(desk.run("user disable maria").await?.code, 0);
    let ran = desk.finish(as_maria("devices list")).await?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(desk.run("user delete maria").await?.code, 0);
    let ran = desk.run("user list --output json").await?;
    assert!(!ran.out.contains("maria"), "{ran:?}");
    Ok(())
}

#[tokio::test]
async fn a_collection_may_leave_the_tables_alone_and_keep_its_sessions() -> anyhow::Result<()> {
    let desk = Desk::new(1).await?.import().await?;
    let line = format!(
        "collect --all --types version --no-load --keep-transcripts {}",
        desk.login()
    );
    let ran = desk.run(&line).await?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let collections = desk.admin.get("/api/v1/collections?limit=1").await?.body;
    let collection = &collections["items"][0];
    assert_eq!(collection["options"]["auto_load_db"], false, "{collection}");
    assert_eq!(collection["options"]["keep_transcripts"], true, "{collection}");
    assert!(
        collection.get("loaded_to_db").is_none_or(Value::is_null),
        "{collection}"
    );
    Ok(())
}
