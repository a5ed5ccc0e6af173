//! Every capture is what the same command prints inside the router, lines that change by themselves aside.

use std::path::{Path, PathBuf};

use anyhow::ensure;

use crate::lab::{self, ENABLE_PASSWORD, Lab, ROUTERS};

/// What changes from one moment to the next without anybody's doing, made the same: ages, and packet counters.
pub(crate) fn settled(text: &str) -> String {
    let digits = |word: &str| word.chars().all(|c| c.is_ascii_digit()) && !word.is_empty();
    let is_age = |word: &str| {
        let parts: Vec<&str> = word.trim_end_matches(',').split(':').collect();
        let clock = parts.len() == 3 && parts.iter().all(|part| part.len() == 2 && digits(part));
        let long = word.len() > 2
            && word.ends_with(['m', 'h', 's'])
            && word.contains(['d', 'w', 'h'])
            && word.starts_with(|c: char| c.is_ascii_digit());
        clock || long
    };
    let mut lines: Vec<String> = Vec::new();
    let mut states = false;
    for line in text.lines() {
        let volatile = ["Link ups:", "Link downs:", "Time:", "TTL:", "RX:", "TX:", "Last update"];
        if volatile.iter().any(|start| line.trim_start().starts_with(start)) {
            continue;
        }
        let words = line.split(' ').map(|word| if is_age(word) { "AGE" } else { word });
        let mut line = words.collect::<Vec<_>>().join(" ");
        // The kernel ages its neighbours while one looks.
        for state in ["REACHABLE", "STALE", "DELAY", "PROBE"] {
            states |= line.contains(state);
            line = line.replace(state, "STATE");
        }
        if let Some(at) = line.find("Interface:").filter(|_| line.contains("Time:")) {
            line.truncate(line.find("Time:").unwrap_or(at));
        }
        lines.push(line);
    }
    if states {
        lines.sort();
    }
    lines.join("\n")
}

pub(crate) fn same(router: usize, what: &str, ours: &str, theirs: &str) -> anyhow::Result<()> {
    let (ours, theirs) = (settled(ours), settled(theirs));
    if ours == theirs {
        return Ok(());
    }
    let differs = ours.lines().zip(theirs.lines()).position(|(a, b)| a != b);
    let at = differs.unwrap_or(ours.lines().count().min(theirs.lines().count()));
    let show = |text: &str| {
        text.lines()
            .skip(at.saturating_sub(2))
            .take(5)
            .collect::<Vec<_>>()
            .join("\n  ")
    };
    anyhow::bail!(
        "r{router} {what} differs at line {}:\nours\n  {}\nthe router\n  {}",
        at + 1,
        show(&ours),
        show(&theirs)
    )
}

/// What is collected from vtysh and from zebra, and the command of each.
pub(crate) const COMMANDS: [(&str, &str); 4] = [
    ("configs", "show running-config"),
    ("interfaces", "show interface"),
    ("routes", "show ip route"),
    ("version", "show version"),
];

/// What a router prints for a command to this user, read inside of it.
pub(crate) fn printed(lab: &Lab, user: &str, router: usize, command: &str) -> anyhow::Result<String> {
    match user {
        "oper" => from_zebra(lab, router, command),
        _ => lab.inside(router, &format!("vtysh -c '{command}'")),
    }
}

/// The routes of all routers, without what changes by itself.
pub(crate) fn routes(lab: &Lab, user: &str) -> anyhow::Result<Vec<String>> {
    let of = |router: &usize| Ok(settled(&printed(lab, user, *router, "show ip route")?));
    ROUTERS.iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn vtysh_as_admin_with_a_pager_and_as_oper() -> anyhow::Result<()> {
    let Some(lab) = Lab::up("routers::vtysh") else {
        return Ok(());
    };
    for user in ["admin", "pager", "oper"] {
        let enable = if user == "oper" { ENABLE_PASSWORD } else { "" };
        let station = lab::station(user, "frr", enable)?;
        let collect = station.collect().types("configs,interfaces,routes,version");
        // What the routers tell each other may still be on its way: then all of it is looked at once more.
        let mut before = routes(&lab, user)?;
        let run = loop {
            let run = lab::all_succeed(&collect).await?;
            let after = routes(&lab, user)?;
            if before == after {
                break run;
            }
            before = after;
        };
        for router in ROUTERS {
            for (capture_type, command) in COMMANDS {
                let theirs = printed(&lab, user, router, command)?;
                ensure!(theirs.lines().count() > 3, "r{router} says nothing to {command}");
                same(
                    router,
                    &format!("{user} {command}"),
                    &lab::text(&run, capture_type, router)?,
                    &theirs,
                )?;
            }
        }
    }
    Ok(())
}

/// What zebra's own terminal prints, read inside the router by a client that only knows this one prompt.
fn from_zebra(lab: &Lab, router: usize, command: &str) -> anyhow::Result<String> {
    let script = format!(
        r#"
import socket, time
s = socket.create_connection(("127.0.0.1", 2601)); s.settimeout(5)
def until(mark):
    got = b""
    while not got.endswith(mark): got += s.recv(65536)
    return got
until(b"r{router}> "); s.sendall(b"enable\n")
until(b"Password: "); s.sendall(b"{ENABLE_PASSWORD}\n")
until(b"r{router}# "); s.sendall(b"terminal length 0\n")
until(b"r{router}# "); s.sendall(b"{command}\n")
text = until(b"\r\nr{router}# ")
print(text.split(b"\r\n", 1)[1][: -len(b"r{router}# ")].replace(b"\r", b"").decode(), end="")
"#
    );
    lab.inside(router, &format!("python3 -c '{script}'"))
}

/// What the shell of a router prints for the commands of a capture, put together as a capture is.
pub(crate) fn from_shell(lab: &Lab, router: usize, commands: &[String]) -> anyhow::Result<String> {
    let mut text = String::new();
    for command in commands {
        if commands.len() > 1 {
            text.push_str(&format!(">>> {command}\n"));
        }
        text.push_str(&lab.inside(router, command)?);
    }
    ensure!(!text.is_empty(), "r{router} says nothing to {commands:?}");
    Ok(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_as_ops() -> anyhow::Result<()> {
    let Some(lab) = Lab::up("routers::shell") else {
        return Ok(());
    };
    let station = lab::station("ops", "linux", "")?;
    let run = lab::all_succeed(&station.collect().types("arp,mac,lldp,interfaces,routes,version")).await?;
    for device in &run.outcome()?.devices {
        let router: usize = device.device_name.trim_start_matches('r').parse()?;
        for capture in &device.captures {
            let theirs = from_shell(&lab, router, &capture.commands)?;
            same(
                router,
                &capture.capture_type,
                &lab::text(&run, &capture.capture_type, router)?,
                &theirs,
            )?;
        }
    }
    Ok(())
}

/// A folder with a platform file that has a command which vtysh does not know.
pub(crate) fn with_arp(folder: &Path) -> anyhow::Result<PathBuf> {
    let platforms = folder.join("platforms");
    std::fs::create_dir(&platforms)?;
    std::fs::write(
        platforms.join("frr_with_arp.yaml"),
        "platform: frr_with_arp\nextends: frr\ncaptures:\n  arp: {commands: [show ip arp], evidence: simulated}\n",
    )?;
    Ok(platforms)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_vtysh_does_not_know_is_rejected() -> anyhow::Result<()> {
    let Some(_lab) = Lab::up("routers::rejected") else {
        return Ok(());
    };
    let station = lab::station("admin", "frr_with_arp", "")?;
    let platforms = with_arp(station.folder())?;
    let run = station
        .collect()
        .types("version,arp")
        .flag("--platforms-dir", platforms)
        .run()
        .await?;
    for device in &run.outcome()?.devices {
        assert_eq!(device.verdict("arp"), "rejected", "{}", device.device_name);
        assert_eq!(device.verdict("version"), "complete");
        assert_eq!(device.status, "partially_succeeded");
        assert_eq!(device.failure_kind.as_deref(), Some("command_rejected"));
    }
    assert!(!run.out.join("arp/r1.txt").exists());
    assert_eq!(run.status.code(), Some(2));
    Ok(())
}
