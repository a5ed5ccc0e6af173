//! The four routers: starting and stopping them, asking them, troubling them.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::{Context, ensure};
use tests::{
    collect::{Collect, Run, Station},
    places, skip,
};

/// The password of all users, and the enable password of `oper`.
pub(crate) const PASSWORD: &str = "lab-Pass1";
pub(crate) const ENABLE_PASSWORD: &str = "enable-lab-Pass1";
/// Router N listens on the loopback at this port + N.
pub(crate) const FIRST_PORT: u16 = 22100;
pub(crate) const ROUTERS: [usize; 4] = [1, 2, 3, 4];
const ATTEMPTS_TO_START: usize = 3;
const SETTLE_SECONDS: usize = 90;

/// Routers that are up for as long as this lives.
pub(crate) struct Lab {
    script: PathBuf,
    /// Held locked: the routers use names that the machine has once.
    _turn: File,
}

impl Lab {
    /// Starts the routers, or says why the test does not run.
    pub(crate) fn up(test: &str) -> Option<Self> {
        let Some(script) = places::routers() else {
            skip::skip(test, "the real routers' script is not there");
            return None;
        };
        let turn = File::create(std::env::temp_dir().join("showrun-routers.turn")).expect("a file to take turns with");
        turn.lock().expect("the turn");
        let lab = Self { script, _turn: turn };
        lab.start();
        lab.settle();
        Some(lab)
    }

    /// The script gives a router twenty seconds to start, which a machine that is compiling may need longer for. What a killed
    /// run left behind is in the way, too.
    fn start(&self) {
        for attempt in 1..=ATTEMPTS_TO_START {
            let _ = self.command(&["down"]).output();
            match self.run(&["up", &ROUTERS.len().to_string()]) {
                Ok(_) => return,
                Err(error) if attempt == ATTEMPTS_TO_START => panic!("the routers do not start: {error:#}"),
                Err(error) => eprintln!("attempt {attempt} to start the routers: {error:#}"),
            }
        }
    }

    /// Waits until the routers have told each other everything: all are neighbours, and for longer than OSPF holds back a new
    /// calculation (5 seconds at most) their tables stay as they are.
    fn settle(&self) {
        let full = || {
            let status = self
                .run(&["status"])
                .map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
            status.is_ok_and(|text| {
                text.lines()
                    .all(|line| line.contains("ospf-full=2") && line.contains("lldp=2"))
            })
        };
        let table = |router: &usize| {
            // Without the ages, which are all that changes in the end.
            let ask = "vtysh -c 'show ip route' | sed -E 's/, [0-9:dwhm]+$//'";
            self.inside(*router, ask).unwrap_or_default()
        };
        let (mut before, mut same) = (Vec::new(), 0);
        for _ in 0..SETTLE_SECONDS {
            let now: Vec<String> = ROUTERS.iter().map(table).collect();
            same = if now == before { same + 1 } else { 0 };
            if same >= 6 && full() {
                return;
            }
            before = now;
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        panic!("the routers do not settle");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.script);
        command.args(arguments);
        command
    }

    /// Runs a command of the script.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let output = self.command(arguments).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{arguments:?} failed: {said}");
        Ok(output)
    }

    /// What a command prints inside a router.
    pub(crate) fn inside(&self, router: usize, command: &str) -> anyhow::Result<String> {
        let output = self
            .command(&["sh", &format!("r{router}"), "sh", "-c", command])
            .output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Makes it go wrong on one router.
    pub(crate) fn trouble(&self, what: &str, router: usize, more: &[&str]) -> anyhow::Result<()> {
        let name = format!("r{router}");
        self.run(&[&[what, name.as_str()], more].concat()).map(drop)
    }

    /// The folder of the routers' keys.
    pub(crate) fn keys(&self) -> PathBuf {
        std::env::var_os("FRRLAB_DIR").map_or_else(|| PathBuf::from("/tmp/frrlab"), PathBuf::from)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.command(&["down"]).output();
    }
}

/// The name of a router in the inventory.
pub(crate) fn name(router: usize) -> String {
    format!("r{router}")
}

/// The routers as an inventory.
pub(crate) fn inventory(platform: &str) -> String {
    let mut inventory = String::from("name,host,port,platform,site,legacy_algorithms\n");
    for router in ROUTERS {
        let port = usize::from(FIRST_PORT) + router;
        inventory.push_str(&format!("r{router},127.0.0.1,{port},{platform},lab,{}\n", router == 3));
    }
    inventory
}

/// A place to collect from the routers as `user`.
pub(crate) fn station(user: &str, platform: &str, enable_password: &str) -> anyhow::Result<Station> {
    Station::new(&inventory(platform), user, PASSWORD, enable_password)
}

/// Runs a collection that must succeed on every router.
pub(crate) async fn all_succeed(collect: &Collect) -> anyhow::Result<Run> {
    let run = collect.run().await?;
    let outcome = run.outcome()?;
    for device in &outcome.devices {
        ensure!(
            device.status == "succeeded",
            "{}: {} {}\n{}",
            device.device_name,
            device.failure_kind.as_deref().unwrap_or_default(),
            device.message,
            run.transcript(device)
        );
    }
    ensure!(
        outcome.devices.len() == ROUTERS.len(),
        "{} devices",
        outcome.devices.len()
    );
    ensure!(run.status.success(), "exit {}", run.status);
    Ok(run)
}

/// The text of a capture.
pub(crate) fn text(run: &Run, capture_type: &str, router: usize) -> anyhow::Result<String> {
    let file = Path::new(capture_type).join(format!("{}.txt", name(router)));
    let bytes = run.read(&file)?;
    String::from_utf8(bytes).context("a capture of these routers is text")
}
