//! Which job follows from a device and the capture types that were asked for. Pure: nothing is looked up or connected.

use std::sync::Arc;

use crate::{
    catalogue::{CAPTURE_TYPES, Catalogue},
    platform::Platform,
    transport::{Credentials, JumpHost},
};

/// The slug that asks for detection.
pub const AUTO: &str = "auto";

/// A device to collect from.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// The caller's own name for it in its records.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// IP address or host name.
    pub address: String,
    /// TCP port.
    pub port: u16,
    /// Slug or alias of its platform, or [`AUTO`].
    pub platform: String,
    /// For the limit of sessions per site; empty: no site.
    pub site: String,
    /// Whether old algorithms are offered to it.
    pub legacy_algorithms: bool,
    /// Hosts to go through, the nearest first.
    pub jump: Vec<Arc<JumpHost>>,
}

/// One capture that a job is to make.
#[derive(Debug, Clone)]
pub struct PlannedCapture {
    /// Slug of the capture type.
    pub capture_type: String,
    /// The exact commands.
    pub commands: Vec<String>,
}

/// Everything to do in one login to one device.
#[derive(Debug, Clone)]
pub struct DeviceJob {
    /// Where.
    pub device: Device,
    /// What it speaks; `None` is found out after the connection.
    pub platform: Option<Arc<Platform>>,
    /// What was asked for, in the order it runs.
    pub capture_types: Vec<String>,
    /// What to log in with.
    pub credentials: Arc<Credentials>,
}

impl DeviceJob {
    /// The captures that a platform makes of the job's types, in the order they run.
    pub fn captures(&self, platform: &Platform) -> Vec<PlannedCapture> {
        let planned = |capture_type: &String| {
            platform.capture(capture_type).map(|capture| PlannedCapture {
                capture_type: capture_type.clone(),
                commands: capture.commands.clone(),
            })
        };
        self.capture_types.iter().filter_map(planned).collect()
    }
}

/// What will not run, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Index of the device in the list given to [`plan`].
    pub device: usize,
    /// The capture type; `None` when the whole device cannot run.
    pub capture_type: Option<String>,
    /// A sentence for people.
    pub reason: String,
}

/// One job for each device that has anything to run, and what is left out.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order of the devices.
    pub jobs: Vec<DeviceJob>,
    /// In the order of the devices.
    pub skipped: Vec<Skipped>,
}

/// Makes the jobs. Configurations come first, then the other types in the catalogue's order. A device whose platform
/// has none of the types is in `skipped` alone, for its caller to end as `not_supported`.
pub fn plan(catalogue: &Catalogue, devices: &[(Device, Arc<Credentials>)], capture_types: &[String]) -> Plan {
    let mut capture_types = capture_types.to_vec();
    let place = |name: &String| {
        CAPTURE_TYPES
            .iter()
            .position(|known| known == name)
            .unwrap_or(CAPTURE_TYPES.len())
    };
    capture_types.sort_by_key(place);
    capture_types.dedup();
    let mut plan = Plan::default();
    for (index, (device, credentials)) in devices.iter().enumerate() {
        let mut skip = |capture_type: Option<&String>, reason: String| {
            plan.skipped.push(Skipped {
                device: index,
                capture_type: capture_type.cloned(),
                reason,
            });
        };
        let job = |platform, capture_types| DeviceJob {
            device: device.clone(),
            platform,
            capture_types,
            credentials: Arc::clone(credentials),
        };
        if device.platform.eq_ignore_ascii_case(AUTO) {
            plan.jobs.push(job(None, capture_types.clone()));
            continue;
        }
        let Some(platform) = catalogue.platform(&device.platform) else {
            skip(None, format!("There is no platform '{}'", device.platform));
            continue;
        };
        let (with, without): (Vec<String>, Vec<String>) = capture_types
            .iter()
            .cloned()
            .partition(|name| platform.capture(name).is_some());
        if with.is_empty() {
            skip(None, platform.lacks(&capture_types.join(", ")));
            continue;
        }
        for name in &without {
            skip(Some(name), platform.lacks(name));
        }
        plan.jobs.push(job(Some(platform), with));
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(platform: &str) -> (Device, Arc<Credentials>) {
        let device = Device {
            name: "r1".to_owned(),
            platform: platform.to_owned(),
            ..Device::default()
        };
        (device, Arc::new(Credentials::default()))
    }

    fn types(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn configurations_run_first_and_nothing_runs_twice() {
        let catalogue = Catalogue::shipped();
        let plan = plan(
            &catalogue,
            &[device("cisco_ios")],
            &types(&["arp", "version", "arp", "configs"]),
        );
        assert_eq!(plan.jobs[0].capture_types, ["configs", "arp", "version"]);
        let job = &plan.jobs[0];
        let captures = job.captures(job.platform.as_deref().unwrap());
        assert_eq!(captures[0].commands, ["show running-config"]);
    }

    #[test]
    fn what_a_platform_lacks_is_said_and_the_rest_runs() {
        let catalogue = Catalogue::shipped();
        let devices = [device("linux"), device("no_such"), device("ios"), device("auto")];
        let plan = plan(&catalogue, &devices, &types(&["configs", "spanning_tree"]));
        assert_eq!(plan.jobs.len(), 3);
        assert_eq!(plan.skipped[0].device, 0);
        assert_eq!(plan.skipped[0].capture_type.as_deref(), Some("spanning_tree"));
        assert_eq!(
            plan.skipped[1],
            Skipped {
                device: 1,
                capture_type: None,
                reason: "There is no platform 'no_such'".to_owned()
            }
        );
        assert!(plan.jobs[2].platform.is_none());
    }
}
