//! What is collected of which device: fresh, stale, failing or never.

use std::collections::{BTreeMap, HashMap};

use entity::{
    capture::Verdict,
    coverage::{self, Model},
    user::Role,
};
use jobs::catalogue::CAPTURE_TYPES;
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    devices::DeviceFilter,
    error::{Error, Result},
    page::{Page, PageRequest},
    time::now_ms,
};

pub(crate) mod store;

/// From here on a capture is stale, unless somebody says otherwise: a night's collection and two hours.
pub const STALE_AFTER_HOURS: u32 = 26;
/// Ten years.
const MOST_HOURS: u32 = 87_600;
/// Types of one question.
const MOST_TYPES: usize = 64;

/// How well a capture type of a device is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoverageState {
    /// It was captured not long ago.
    Fresh,
    /// It was captured, but longer ago.
    Stale,
    /// The last attempt gave no complete text.
    Failing,
    /// It was never tried.
    Never,
    /// The platform of the device has no command for it.
    NotSupported,
}

/// How many pairs of device and type are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of `CoverageState`")]
pub struct CoverageCounts {
    pub fresh: u64,
    pub stale: u64,
    pub failing: u64,
    pub never: u64,
    pub not_supported: u64,
}

impl CoverageCounts {
    fn add(&mut self, other: Self) {
        self.fresh += other.fresh;
        self.stale += other.stale;
        self.failing += other.failing;
        self.never += other.never;
        self.not_supported += other.not_supported;
    }
}

/// The counts of one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteCoverage {
    /// The site; empty: none is said.
    pub site: String,
    /// Its devices.
    pub devices: u64,
    /// Over its devices and all types asked for.
    pub counts: CoverageCounts,
}

/// All counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// From how many hours on a capture is stale.
    pub stale_after_hours: u32,
    /// Devices that are looked at.
    pub devices: u64,
    /// Over all devices and types.
    pub counts: CoverageCounts,
    /// By type, in the order of the question.
    pub types: Vec<(String, CoverageCounts)>,
    /// By site.
    pub sites: Vec<SiteCoverage>,
}

/// How a type of a device is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeCoverage {
    /// Slug of the type.
    pub capture_type: String,
    /// How well.
    pub state: CoverageState,
    /// When a complete text was last captured.
    pub good_at: Option<i64>,
    /// The capture of it.
    pub good_capture_id: Option<Uuid>,
    /// When it was last tried.
    pub tried_at: Option<i64>,
    /// What came of that.
    pub verdict: Option<Verdict>,
    /// What went wrong with the device then.
    pub failure_kind: Option<String>,
    /// A sentence for people.
    pub message: Option<String>,
}

/// How a device is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCoverage {
    /// The device.
    pub device_id: Uuid,
    /// Its name.
    pub device_name: String,
    /// Where it stands.
    pub site: String,
    /// Slug of its platform.
    pub platform: String,
    /// Each type asked for.
    pub types: Vec<TypeCoverage>,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct CoverageFilter {
    /// The devices; those that are not enabled are left out unless asked for.
    pub devices: DeviceFilter,
    /// Slugs of capture types; the eight usual ones unless given.
    pub capture_types: Vec<String>,
    /// From how many hours on a capture is stale.
    pub stale_after_hours: Option<u32>,
    /// Only devices with a type in this state.
    pub state: Option<CoverageState>,
}

impl CoverageFilter {
    fn hours(&self) -> Result<u32> {
        let hours = self.stale_after_hours.unwrap_or(STALE_AFTER_HOURS);
        match (1..=MOST_HOURS).contains(&hours) {
            true => Ok(hours),
            false => Err(Error::parameter("stale_after_hours", format!("1 to {MOST_HOURS}"))),
        }
    }

    fn types(&self, catalogue: &jobs::Catalogue) -> Result<Vec<String>> {
        if self.capture_types.len() > MOST_TYPES {
            return Err(Error::parameter("capture_type", format!("at most {MOST_TYPES} values")));
        }
        if self.capture_types.is_empty() {
            return Ok(CAPTURE_TYPES.iter().map(|name| (*name).to_owned()).collect());
        }
        let mut types: Vec<String> = Vec::new();
        for name in &self.capture_types {
            let known = |platform: &jobs::Platform| platform.capture(name).is_some();
            if !CAPTURE_TYPES.contains(&name.as_str()) && !catalogue.platforms().any(|one| known(&one)) {
                return Err(Error::parameter("capture_type", "no platform has this capture type"));
            }
            if !types.contains(name) {
                types.push(name.clone());
            }
        }
        Ok(types)
    }

    fn devices(&self) -> DeviceFilter {
        DeviceFilter {
            enabled: self.devices.enabled.or(Some(true)),
            ..self.devices.clone()
        }
    }
}

/// What a row says at a time.
fn state(row: &Model, fresh_from: i64) -> CoverageState {
    match row.good_at {
        _ if row.verdict != Verdict::Complete => CoverageState::Failing,
        Some(at) if at >= fresh_from => CoverageState::Fresh,
        _ => CoverageState::Stale,
    }
}

impl Service {
    /// How many devices are covered how well.
    ///
    /// # Errors
    /// What is wrong with a filter.
    pub async fn coverage(&self, actor: &Actor, filter: &CoverageFilter) -> Result<Coverage> {
        actor.needs(Role::Viewer)?;
        let (hours, types) = (filter.hours()?, filter.types(self.catalogue())?);
        let wanted = filter.devices().wanted(self, "")?;
        let fresh_from = now_ms() - i64::from(hours) * 3_600_000;
        let snapshot = self.db().snapshot().await?;
        let groups = store::groups(&snapshot, &wanted).await?;
        let counted = store::counts(&snapshot, &wanted, &types, fresh_from).await?;
        snapshot.commit().await?;
        let counted: HashMap<(String, String, String), store::Counted> = counted
            .into_iter()
            .map(|row| {
                let key = (row.site_key.clone(), row.platform.clone(), row.capture_type.clone());
                (key, row)
            })
            .collect();
        let supported = self.supported(&types);
        let mut by_type: Vec<(String, CoverageCounts)> = types
            .iter()
            .map(|name| (name.clone(), CoverageCounts::default()))
            .collect();
        let mut sites: BTreeMap<String, SiteCoverage> = BTreeMap::new();
        let (mut all, mut devices) = (CoverageCounts::default(), 0);
        for group in groups {
            let number = |count: i64| u64::try_from(count).unwrap_or_default();
            let of_group = number(group.devices);
            devices += of_group;
            let site = sites.entry(group.site_key.clone()).or_insert_with(|| SiteCoverage {
                site: group.site.clone(),
                devices: 0,
                counts: CoverageCounts::default(),
            });
            site.devices += of_group;
            for (name, total) in &mut by_type {
                let key = (group.site_key.clone(), group.platform.clone(), name.clone());
                let mut counts = counted
                    .get(&key)
                    .map_or_else(CoverageCounts::default, |row| CoverageCounts {
                        fresh: number(row.fresh),
                        stale: number(row.stale),
                        failing: number(row.failing),
                        ..CoverageCounts::default()
                    });
                let rest = of_group.saturating_sub(counts.fresh + counts.stale + counts.failing);
                match has(&supported, name, &group.platform) {
                    true => counts.never = rest,
                    false => counts.not_supported = rest,
                }
                total.add(counts);
                site.counts.add(counts);
                all.add(counts);
            }
        }
        Ok(Coverage {
            stale_after_hours: hours,
            devices,
            counts: all,
            types: by_type,
            sites: sites.into_values().collect(),
        })
    }

    /// Devices by name, each with all types asked for.
    ///
    /// # Errors
    /// What is wrong with a filter, a page token of another list.
    pub async fn coverage_devices(
        &self,
        actor: &Actor,
        filter: &CoverageFilter,
        page: &PageRequest,
    ) -> Result<Page<DeviceCoverage>> {
        actor.needs(Role::Viewer)?;
        let (hours, types) = (filter.hours()?, filter.types(self.catalogue())?);
        let wanted = filter.devices().wanted(self, "")?;
        let fresh_from = now_ms() - i64::from(hours) * 3_600_000;
        let supported = self.supported(&types);
        let key = format!("coverage {filter:?}");
        let after = page.cursor::<String>(&key)?;
        let db = self.db().reader();
        let state_asked = filter.state.map(|state| (state, fresh_from));
        let rows = store::page(db, &wanted, state_asked, &supported, after, page.limit() + 1).await?;
        let page = page.page(&key, rows, |row| row.name_key.clone());
        let ids: Vec<Uuid> = page.items.iter().map(|row| row.id).collect();
        let mut known: HashMap<(Uuid, String), coverage::Model> = store::of_devices(db, &ids)
            .await?
            .into_iter()
            .map(|row| ((row.device_id, row.capture_type.clone()), row))
            .collect();
        Ok(page.map(|device| {
            let of_type = |name: &String| {
                let row = known.remove(&(device.id, name.clone()));
                let state = match &row {
                    Some(row) => state(row, fresh_from),
                    None if has(&supported, name, &device.platform) => CoverageState::Never,
                    None => CoverageState::NotSupported,
                };
                of_row(name, state, row)
            };
            DeviceCoverage {
                types: types.iter().map(of_type).collect(),
                device_id: device.id,
                device_name: device.name,
                site: device.site,
                platform: device.platform,
            }
        }))
    }

    /// The platforms that have each type. One that is not known yet may have any.
    fn supported(&self, types: &[String]) -> Vec<(String, Vec<String>)> {
        let has = |name: &String| {
            let mut platforms = vec![crate::devices::fields::AUTO.to_owned()];
            for platform in self.catalogue().platforms() {
                if platform.captures.iter().any(|capture| capture.capture_type == *name) {
                    platforms.push(platform.slug.clone());
                }
            }
            (name.clone(), platforms)
        };
        types.iter().map(has).collect()
    }
}

fn has(supported: &[(String, Vec<String>)], capture_type: &str, platform: &str) -> bool {
    let of_type = supported.iter().find(|(name, _)| name == capture_type);
    of_type.is_some_and(|(_, platforms)| platforms.iter().any(|name| name == platform))
}

fn of_row(capture_type: &str, state: CoverageState, row: Option<Model>) -> TypeCoverage {
    let tried = row.as_ref();
    TypeCoverage {
        capture_type: capture_type.to_owned(),
        state,
        tried_at: tried.map(|row| row.tried_at),
        verdict: tried.map(|row| row.verdict),
        good_at: tried.and_then(|row| row.good_at),
        good_capture_id: tried.and_then(|row| row.good_capture_id),
        failure_kind: tried.and_then(|row| row.failure_kind.clone()),
        message: row.and_then(|row| row.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ServerConfig, devices::DeviceFields};

    const HOUR: i64 = 3_600_000;

    async fn place(folder: &std::path::Path) -> (Service, Uuid) {
        let service = Service::open(ServerConfig::new(folder)).await.unwrap();
        let fields = DeviceFields {
            name: Some("r1".to_owned()),
            address: Some("127.0.0.1".to_owned()),
            platform: Some("linux".to_owned()),
            site: Some("Ams".to_owned()),
            ..DeviceFields::default()
        };
        let device = service.device_create(&Actor::server(), fields).await.unwrap().id;
        (service, device)
    }

    fn row(device: Uuid, capture_type: &str, verdict: Verdict, at: i64) -> Model {
        let good = verdict == Verdict::Complete;
        Model {
            device_id: device,
            capture_type: capture_type.to_owned(),
            good_at: good.then_some(at),
            good_capture_id: good.then(Uuid::now_v7),
            tried_at: at,
            verdict,
            failure_kind: None,
            message: None,
        }
    }

    async fn note(service: &Service, rows: Vec<Model>) {
        let txn = service.db().begin().await.unwrap();
        store::note(&txn, rows).await.unwrap();
        txn.commit().await.unwrap();
    }

    async fn listed(service: &Service, state: CoverageState, capture_type: &str) -> Vec<TypeCoverage> {
        let filter = CoverageFilter {
            capture_types: vec![capture_type.to_owned()],
            state: Some(state),
            ..CoverageFilter::default()
        };
        let page = service
            .coverage_devices(&Actor::server(), &filter, &PageRequest::default())
            .await
            .unwrap();
        page.items.into_iter().flat_map(|device| device.types).collect()
    }

    #[tokio::test]
    async fn what_is_old_is_stale_and_what_failed_keeps_what_was_good() {
        let folder = tempfile::tempdir().unwrap();
        let (service, device) = place(folder.path()).await;
        let now = now_ms();
        let old = now - 27 * HOUR;
        note(
            &service,
            vec![
                row(device, "configs", Verdict::Complete, old),
                row(device, "arp", Verdict::Complete, now),
                row(device, "mac", Verdict::Complete, old),
                // Twice in one transaction: the later one counts, and what was good before stays known.
                row(device, "mac", Verdict::NotRun, now),
                row(device, "lldp", Verdict::Rejected, now),
            ],
        )
        .await;
        let coverage = service
            .coverage(&Actor::server(), &CoverageFilter::default())
            .await
            .unwrap();
        let counts = CoverageCounts {
            fresh: 1,
            stale: 1,
            failing: 2,
            never: 4,
            not_supported: 0,
        };
        assert_eq!((coverage.devices, coverage.counts), (1, counts));
        assert_eq!(
            (coverage.sites[0].site.as_str(), coverage.sites[0].counts),
            ("Ams", counts)
        );
        let longer = CoverageFilter {
            stale_after_hours: Some(30),
            ..CoverageFilter::default()
        };
        let coverage = service.coverage(&Actor::server(), &longer).await.unwrap();
        assert_eq!((coverage.counts.fresh, coverage.counts.stale), (2, 0));

        let failing = listed(&service, CoverageState::Failing, "mac").await;
        assert_eq!((failing[0].good_at, failing[0].tried_at), (Some(old), Some(now)));
        assert_eq!(listed(&service, CoverageState::Stale, "configs").await.len(), 1);
        assert_eq!(listed(&service, CoverageState::Never, "routes").await.len(), 1);
        for (state, capture_type) in [
            (CoverageState::Never, "mac"),
            (CoverageState::Never, "lldp"),
            (CoverageState::Fresh, "configs"),
            (CoverageState::Stale, "arp"),
        ] {
            assert!(
                listed(&service, state, capture_type).await.is_empty(),
                "{state:?} {capture_type}"
            );
        }

        note(&service, vec![row(device, "mac", Verdict::Complete, now + 1)]).await;
        assert!(listed(&service, CoverageState::Failing, "mac").await.is_empty());
        assert_eq!(
            listed(&service, CoverageState::Fresh, "mac").await[0].good_at,
            Some(now + 1)
        );
    }
}
