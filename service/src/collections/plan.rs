//! What a collection would do, or did: which commands on which device, and what is left out and why.

use std::collections::BTreeMap;

use entity::device;
use uuid::Uuid;

use super::{CaptureEntry, CollectionRequest};
use crate::{Service, actor::Actor, captures::store as texts, error::Result, page::PageRequest};

/// Devices that a plan lists one by one.
const LISTED: usize = 500;

/// What a collection does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CollectionPlan {
    /// Devices.
    pub devices_total: u64,
    /// Devices times their capture types.
    pub operations_total: u64,
    /// Commands that are sent.
    pub commands_total: u64,
    /// The first 500 devices, or a page of them.
    pub devices: Vec<PlannedDevice>,
    /// Whether there are more.
    pub devices_truncated: bool,
    /// Where the next page of devices begins; a collection that is only planned has none.
    pub next_page_token: Option<String>,
    /// For each capture type how many devices run it.
    pub capture_types: Vec<TypeCount>,
    /// For each platform the exact commands.
    pub platforms: Vec<PlannedPlatform>,
    /// Devices that would be tried without any login.
    pub devices_without_credential: u64,
    /// Things a person should know.
    pub warnings: Vec<String>,
}

/// What is done on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct PlannedDevice {
    pub device_id: Uuid,
    pub device_name: String,
    pub ip_address: String,
    pub platform: String,
    pub capture_types: Vec<PlannedType>,
    pub skipped: Vec<SkippedType>,
}

/// One capture type with its commands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct PlannedType {
    pub capture_type: String,
    pub commands: Vec<String>,
}

/// One capture type that is left out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct SkippedType {
    pub capture_type: String,
    pub reason: String,
}

/// How many devices run a capture type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct TypeCount {
    pub capture_type: String,
    pub devices: u64,
    pub skipped: u64,
}

/// The commands on devices of one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct PlannedPlatform {
    pub platform: String,
    pub devices: u64,
    pub captures: Vec<PlannedType>,
}

/// What is to run on one device.
pub(super) struct DevicePlan {
    pub(super) capture_types: Vec<PlannedType>,
    pub(super) skipped: Vec<SkippedType>,
    /// Why nothing can run at all.
    pub(super) unsupported: Option<String>,
}

impl Service {
    /// What a collection would do; nothing is stored or connected.
    ///
    /// # Errors
    /// What is wrong with the request, `no_devices` among it.
    pub async fn collection_plan(&self, actor: &Actor, request: &CollectionRequest) -> Result<CollectionPlan> {
        actor.needs(entity::user::Role::Viewer)?;
        let devices = self.chosen_devices(request, false).await?;
        let planned = self.plan_devices(&devices, &request.capture_types);
        let each = devices.iter().zip(planned).map(|(device, plan)| PlannedDevice {
            device_id: device.id,
            device_name: device.name.clone(),
            ip_address: device.address.clone(),
            platform: device.platform.clone(),
            capture_types: plan.capture_types,
            skipped: plan.skipped,
        });
        let mut plan = summary(each, 0..LISTED);
        if matches!(request.credentials, super::CredentialChoice::Bound) {
            let bindings = self.credential_bindings().await?;
            let unbound = devices.iter().filter(|device| bindings.for_device(device).is_empty());
            plan.devices_without_credential = unbound.count() as u64;
        }
        plan.warnings = self.plan_warnings(plan.devices_without_credential, &devices);
        Ok(plan)
    }

    /// What a collection that was started does, or did: for what was captured the commands that were sent, for the rest
    /// those of today. The sums are of all devices, the devices those of a page.
    ///
    /// # Errors
    /// `not_found`, or a page token of another list.
    pub async fn collection_plan_view(&self, actor: &Actor, id: Uuid, page: &PageRequest) -> Result<CollectionPlan> {
        let rows = self.collection_results(actor, id).await?;
        let key = format!("plan of collection {id}");
        let from: usize = page.cursor(&key)?.unwrap_or_default();
        let most = page
            .limit
            .map_or(LISTED, |_| usize::try_from(page.limit()).unwrap_or(LISTED));
        let to = from.saturating_add(most);
        let each = rows.into_iter().map(|row| {
            let types: Vec<String> = serde_json::from_value(row.capture_types).unwrap_or_default();
            let platform = self.catalogue().platform(&row.platform);
            let commands = |name: &String| {
                let capture = platform.as_ref().and_then(|platform| platform.capture(name));
                capture.map(|capture| capture.commands.clone()).unwrap_or_default()
            };
            let captures: Vec<CaptureEntry> = serde_json::from_value(row.captures).unwrap_or_default();
            let mut skipped: Vec<SkippedType> = serde_json::from_value(row.skipped).unwrap_or_default();
            // Of a device whose platform was found out on the way, what that one has not was left out on the way, too.
            let (planned, left_out): (Vec<String>, Vec<String>) = types.into_iter().partition(|name| {
                platform
                    .as_ref()
                    .is_none_or(|platform| platform.capture(name).is_some())
                    || captures.iter().any(|capture| capture.capture_type == *name)
            });
            skipped.extend(left_out.into_iter().map(|name| {
                SkippedType {
                    reason: platform
                        .as_ref()
                        .map_or_else(String::new, |platform| platform.lacks(&name)),
                    capture_type: name,
                }
            }));
            PlannedDevice {
                device_id: row.device_id,
                device_name: row.device_name,
                ip_address: row.address,
                capture_types: planned
                    .into_iter()
                    .map(|name| PlannedType {
                        commands: commands(&name),
                        capture_type: name,
                    })
                    .collect(),
                skipped,
                platform: row.platform,
            }
        });
        let mut plan = summary(each, from..to);
        let shown: Vec<Uuid> = plan.devices.iter().map(|device| device.device_id).collect();
        let mut sent = texts::commands_sent(self.db().reader(), id, &shown).await?;
        for device in &mut plan.devices {
            for one in &mut device.capture_types {
                if let Some(commands) = sent.remove(&(device.device_id, one.capture_type.clone())) {
                    one.commands = commands.lines().map(str::to_owned).collect();
                }
            }
        }
        let next = plan.devices_truncated.then_some(to);
        plan.next_page_token = page.with_next(&key, Vec::<()>::new(), next).next_page_token;
        Ok(plan)
    }

    fn plan_warnings(&self, unbound: u64, devices: &[device::Model]) -> Vec<String> {
        let mut warnings = Vec::new();
        if unbound > 0 {
            warnings.push(format!(
                "{unbound} of {} devices have no credential: none is their own, their site's, a tag's or the default",
                devices.len()
            ));
        }
        let auto = devices
            .iter()
            .filter(|device| device.platform == jobs::plan::AUTO)
            .count();
        if auto > 0 {
            warnings.push(format!(
                "The platform of {auto} devices is found out when they are connected; what it lacks is left out then"
            ));
        }
        if let Some(reason) = self.held_back() {
            warnings.push(reason);
        }
        warnings
    }

    /// What is to run on each of the devices, in their order.
    pub(super) fn plan_devices(&self, devices: &[device::Model], capture_types: &[String]) -> Vec<DevicePlan> {
        let nobody = std::sync::Arc::new(jobs::Credentials::default());
        let asked: Vec<(jobs::Device, std::sync::Arc<jobs::Credentials>)> = devices
            .iter()
            .map(|device| {
                let device = jobs::Device {
                    name: device.name.clone(),
                    platform: device.platform.clone(),
                    ..jobs::Device::default()
                };
                (device, std::sync::Arc::clone(&nobody))
            })
            .collect();
        let plan = jobs::plan(self.catalogue(), &asked, capture_types);
        let mut skipped: BTreeMap<usize, Vec<jobs::Skipped>> = BTreeMap::new();
        for one in plan.skipped {
            skipped.entry(one.device).or_default().push(one);
        }
        let mut jobs = plan.jobs.into_iter();
        let mut planned = Vec::with_capacity(devices.len());
        for index in 0..devices.len() {
            let left_out = skipped.remove(&index).unwrap_or_default();
            let unsupported = left_out
                .iter()
                .find(|one| one.capture_type.is_none())
                .map(|one| one.reason.clone());
            let of = |name: &String, reason: &str| SkippedType {
                capture_type: name.clone(),
                reason: reason.to_owned(),
            };
            let mut one = DevicePlan {
                capture_types: Vec::new(),
                skipped: match &unsupported {
                    Some(reason) => capture_types.iter().map(|name| of(name, reason)).collect(),
                    None => left_out
                        .iter()
                        .filter_map(|one| one.capture_type.as_ref().map(|name| of(name, &one.reason)))
                        .collect(),
                },
                unsupported,
            };
            if one.unsupported.is_none()
                && let Some(job) = jobs.next()
            {
                let commands = |name: &String| {
                    let capture = job.platform.as_ref().and_then(|platform| platform.capture(name));
                    capture.map(|capture| capture.commands.clone()).unwrap_or_default()
                };
                one.capture_types = job
                    .capture_types
                    .iter()
                    .map(|name| PlannedType {
                        capture_type: name.clone(),
                        commands: commands(name),
                    })
                    .collect();
            }
            planned.push(one);
        }
        planned
    }
}

/// The sums over all devices, with those of a part of them.
fn summary(devices: impl Iterator<Item = PlannedDevice>, shown: std::ops::Range<usize>) -> CollectionPlan {
    let mut plan = CollectionPlan::default();
    let mut types: BTreeMap<String, TypeCount> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for (index, device) in devices.enumerate() {
        plan.devices_total += 1;
        let mut count = |name: &String| {
            if !order.contains(name) {
                order.push(name.clone());
            }
            types.entry(name.clone()).or_insert_with(|| TypeCount {
                capture_type: name.clone(),
                devices: 0,
                skipped: 0,
            });
        };
        device.capture_types.iter().for_each(|one| count(&one.capture_type));
        device.skipped.iter().for_each(|one| count(&one.capture_type));
        for one in &device.capture_types {
            plan.operations_total += 1;
            plan.commands_total += one.commands.len() as u64;
            if let Some(count) = types.get_mut(&one.capture_type) {
                count.devices += 1;
            }
        }
        for one in &device.skipped {
            if let Some(count) = types.get_mut(&one.capture_type) {
                count.skipped += 1;
            }
        }
        match plan
            .platforms
            .iter_mut()
            .find(|platform| platform.platform == device.platform)
        {
            Some(platform) => {
                platform.devices += 1;
                // A retry asks each device for what it lacks.
                for one in &device.capture_types {
                    if !platform
                        .captures
                        .iter()
                        .any(|known| known.capture_type == one.capture_type)
                    {
                        platform.captures.push(one.clone());
                    }
                }
            }
            None => plan.platforms.push(PlannedPlatform {
                platform: device.platform.clone(),
                devices: 1,
                captures: device.capture_types.clone(),
            }),
        }
        if shown.contains(&index) {
            plan.devices.push(device);
        }
        plan.devices_truncated |= index >= shown.end;
    }
    plan.capture_types = order.iter().filter_map(|name| types.remove(name)).collect();
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str, types: &[&str]) -> PlannedDevice {
        let planned = |capture_type: &&str| PlannedType {
            capture_type: (*capture_type).to_owned(),
            commands: vec![format!("show {capture_type}")],
        };
        PlannedDevice {
            device_id: Uuid::now_v7(),
            device_name: name.to_owned(),
            ip_address: "192.0.2.1".to_owned(),
            platform: "cisco_ios".to_owned(),
            capture_types: types.iter().map(planned).collect(),
            skipped: Vec::new(),
        }
    }

    #[test]
    fn a_platform_shows_what_any_of_its_devices_runs() {
        let devices = [
            device("r1", &["configs"]),
            device("r2", &["configs", "arp"]),
            device("r3", &["arp"]),
        ];
        let plan = summary(devices.into_iter(), 0..10);
        let [platform] = plan.platforms.as_slice() else {
            unreachable!("one platform: {:?}", plan.platforms);
        };
        let types: Vec<&str> = platform.captures.iter().map(|one| one.capture_type.as_str()).collect();
        assert_eq!((platform.devices, types), (3, vec!["configs", "arp"]));
        assert_eq!((plan.operations_total, plan.commands_total), (4, 4));
    }
}
