//! Every way to log in that the four SSH servers take, and what an error says where one does not.

use std::process::{Child, Command};

use anyhow::ensure;

use crate::lab::{self, FIRST_PORT, Lab};

/// An SSH agent that goes away with this.
struct Agent {
    child: Child,
    socket: std::path::PathBuf,
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn agent(folder: &std::path::Path, key: &std::path::Path) -> anyhow::Result<Agent> {
    let socket = folder.join("agent");
    let child = Command::new("ssh-agent")
        .arg("-D")
        .arg("-a")
        .arg(&socket)
        .stdout(std::process::Stdio::null())
        .spawn()?;
    let agent = Agent { child, socket };
    for _ in 0..100 {
        let added = Command::new("ssh-add")
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", &agent.socket)
            .output()?;
        if added.status.success() {
            return Ok(agent);
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    anyhow::bail!("the agent does not take the key")
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_agents_jump_hosts_and_detection() -> anyhow::Result<()> {
    let Some(lab) = Lab::up("routers::logins") else {
        return Ok(());
    };
    let station = lab::station("ops", "auto", "")?;
    let version = station.collect().types("version");

    let run = lab::all_succeed(&version).await?;
    for device in &run.outcome()?.devices {
        ensure!(
            device.platform.as_deref() == Some("linux"),
            "{:?} was found",
            device.platform
        );
        let ssh = device.ssh.as_ref().expect("what was negotiated");
        ensure!(
            ssh["peer_version"]
                .as_str()
                .is_some_and(|peer| peer.starts_with("SSH-2.0-OpenSSH_"))
        );
    }
    let ciphers: Vec<_> = run
        .outcome()?
        .devices
        .iter()
        .map(|device| device.ssh.as_ref().expect("ssh")["cipher"].clone())
        .collect();
    assert_eq!(ciphers[0], "aes128-gcm@openssh.com");
    assert_eq!(ciphers[2], "aes128-cbc");

    let vtysh = lab::station("admin", "auto", "")?;
    let run = lab::all_succeed(&vtysh.collect().types("version")).await?;
    assert!(
        run.outcome()?
            .devices
            .iter()
            .all(|device| device.platform.as_deref() == Some("frr"))
    );

    for key in ["id_ed25519", "id_rsa"] {
        let by_key = version
            .clone()
            .without("--password-file")
            .flag("--key", lab.keys().join(key));
        lab::all_succeed(&by_key).await?;
    }

    let agent = agent(station.folder(), &lab.keys().join("id_ed25519"))?;
    let by_agent = version
        .clone()
        .without("--password-file")
        .switch("--agent")
        .variable("SSH_AUTH_SOCK", &agent.socket);
    lab::all_succeed(&by_agent).await?;

    // r3 and r4 by addresses that only the routers can reach, through r1 and r2.
    let inside = tests::collect::Station::new(
        "name,host,port,platform,legacy_algorithms\nr3,198.18.77.3,22,linux,true\nr4,198.18.77.4,22,linux,false\n",
        "ops",
        lab::PASSWORD,
        "",
    )?;
    let through = format!("127.0.0.1:{},198.18.77.2", FIRST_PORT + 1);
    let run = inside.collect().types("version").flag("--jump", through).run().await?;
    assert_eq!(
        run.outcome()?.devices_succeeded,
        2,
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    // r4 forwards nothing.
    let through = format!("127.0.0.1:{}", FIRST_PORT + 4);
    let run = inside.collect().types("version").flag("--jump", through).run().await?;
    assert_eq!(run.outcome()?.devices_failed, 2);
    assert_eq!(run.leaks()?, Vec::<String>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_in_one_sentence() -> anyhow::Result<()> {
    let Some(_lab) = Lab::up("routers::refusals") else {
        return Ok(());
    };
    // r3 has old algorithms alone.
    let inventory = format!("name,host,port,platform\nr3,127.0.0.1,{},linux\n", FIRST_PORT + 3);
    let modern = tests::collect::Station::new(&inventory, "ops", lab::PASSWORD, "")?;
    let run = modern.collect().types("version").run().await?;
    let device = run.device("r3")?;
    assert_eq!(device.failure_kind.as_deref(), Some("ssh_negotiation_failed"));
    assert!(
        device.message.contains("diffie-hellman-group14-sha1"),
        "{}",
        device.message
    );

    let wrong = lab::station("oper", "frr", "not-the-enable-password")?;
    let run = wrong.collect().types("version").run().await?;
    for device in &run.outcome()?.devices {
        assert_eq!(
            device.failure_kind.as_deref(),
            Some("privilege_failed"),
            "{}",
            device.message
        );
        assert!(!run.transcript(device).is_empty());
    }
    assert_eq!(run.status.code(), Some(1));
    assert_eq!(run.leaks()?, Vec::<String>::new());
    Ok(())
}
