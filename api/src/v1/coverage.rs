//! What is collected of which device.

use poem_openapi::{Enum, Object, OpenApi, param::Query, payload::Json, types::Example};
use service::{
    coverage::{self, CoverageFilter},
    devices::DeviceFilter,
};
use uuid::Uuid;

use super::{Tag, collections::view::example_id};
use crate::{
    auth::Auth,
    paging::{self, Page},
    problem::Result,
    time::Time,
};

/// How well a capture type of a device is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum CoverageState {
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

impl From<coverage::CoverageState> for CoverageState {
    fn from(state: coverage::CoverageState) -> Self {
        use coverage::CoverageState as State;
        match state {
            State::Fresh => Self::Fresh,
            State::Stale => Self::Stale,
            State::Failing => Self::Failing,
            State::Never => Self::Never,
            State::NotSupported => Self::NotSupported,
        }
    }
}

impl From<CoverageState> for coverage::CoverageState {
    fn from(state: CoverageState) -> Self {
        match state {
            CoverageState::Fresh => Self::Fresh,
            CoverageState::Stale => Self::Stale,
            CoverageState::Failing => Self::Failing,
            CoverageState::Never => Self::Never,
            CoverageState::NotSupported => Self::NotSupported,
        }
    }
}

/// How many pairs of device and capture type are in each state.
#[derive(Object)]
#[oai(example)]
struct CoverageCounts {
    /// Captured not long ago.
    fresh: u64,
    /// Captured, but longer ago.
    stale: u64,
    /// The last attempt gave no complete text.
    failing: u64,
    /// Never tried.
    never: u64,
    /// The platform has no command for it.
    not_supported: u64,
}

impl Example for CoverageCounts {
    fn example() -> Self {
        Self {
            fresh: 180,
            stale: 12,
            failing: 5,
            never: 3,
            not_supported: 0,
        }
    }
}

impl From<coverage::CoverageCounts> for CoverageCounts {
    fn from(counts: coverage::CoverageCounts) -> Self {
        Self {
            fresh: counts.fresh,
            stale: counts.stale,
            failing: counts.failing,
            never: counts.never,
            not_supported: counts.not_supported,
        }
    }
}

/// The counts of a capture type.
#[derive(Object)]
#[oai(example)]
struct CoverageOfType {
    /// Slug of the capture type.
    capture_type: String,
    /// Its counts: one for each device.
    counts: CoverageCounts,
}

impl Example for CoverageOfType {
    fn example() -> Self {
        Self {
            capture_type: "configs".to_owned(),
            counts: CoverageCounts::example(),
        }
    }
}

/// The counts of a site.
#[derive(Object)]
#[oai(example)]
struct CoverageOfSite {
    /// The site; empty where none is said.
    site: String,
    /// Its devices.
    devices: u64,
    /// Its counts, over all types asked for.
    counts: CoverageCounts,
}

impl Example for CoverageOfSite {
    fn example() -> Self {
        Self {
            site: "ams".to_owned(),
            devices: 25,
            counts: CoverageCounts::example(),
        }
    }
}

/// How many devices are covered how well.
#[derive(Object)]
#[oai(example)]
struct Coverage {
    /// From so many hours on a capture is stale.
    stale_after_hours: u32,
    /// Devices that are looked at.
    devices: u64,
    /// Over all of them and all types asked for.
    counts: CoverageCounts,
    /// By capture type.
    types: Vec<CoverageOfType>,
    /// By site.
    sites: Vec<CoverageOfSite>,
}

impl Example for Coverage {
    fn example() -> Self {
        Self {
            stale_after_hours: 26,
            devices: 25,
            counts: CoverageCounts::example(),
            types: vec![CoverageOfType::example()],
            sites: vec![CoverageOfSite::example()],
        }
    }
}

/// How a capture type of a device is covered.
#[derive(Object)]
#[oai(example)]
struct TypeCoverage {
    /// Slug of the capture type.
    capture_type: String,
    /// How well.
    state: CoverageState,
    /// When a complete text was last captured; absent: never.
    #[oai(skip_serializing_if_is_none)]
    last_good_at: Option<Time>,
    /// The capture of it.
    #[oai(skip_serializing_if_is_none)]
    last_good_capture_id: Option<Uuid>,
    /// When it was last tried.
    #[oai(skip_serializing_if_is_none)]
    last_tried_at: Option<Time>,
    /// What came of that.
    #[oai(skip_serializing_if_is_none)]
    verdict: Option<String>,
    /// The first thing that went wrong with the device then.
    #[oai(skip_serializing_if_is_none)]
    failure_kind: Option<String>,
    /// A sentence for people.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
}

impl Example for TypeCoverage {
    fn example() -> Self {
        Self {
            capture_type: "configs".to_owned(),
            state: CoverageState::Failing,
            last_good_at: Some(Time(1_769_841_000_900)),
            last_good_capture_id: Some(example_id()),
            last_tried_at: Some(Time(1_769_927_400_900)),
            verdict: Some("not_run".to_owned()),
            failure_kind: Some("connect_timeout".to_owned()),
            message: Some("No answer within 10 seconds".to_owned()),
        }
    }
}

impl From<coverage::TypeCoverage> for TypeCoverage {
    fn from(one: coverage::TypeCoverage) -> Self {
        Self {
            capture_type: one.capture_type,
            state: one.state.into(),
            last_good_at: one.good_at.map(Time),
            last_good_capture_id: one.good_capture_id,
            last_tried_at: one.tried_at.map(Time),
            verdict: one.verdict.map(|verdict| verdict.as_str().to_owned()),
            failure_kind: one.failure_kind,
            message: one.message,
        }
    }
}

/// How a device is covered.
#[derive(Object)]
#[oai(example)]
struct DeviceCoverage {
    /// The device.
    device_id: Uuid,
    /// Its name.
    device_name: String,
    /// Where it stands.
    site: String,
    /// Slug of its platform, or `auto`.
    platform: String,
    /// Each capture type asked for.
    types: Vec<TypeCoverage>,
}

impl Example for DeviceCoverage {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            site: "ams".to_owned(),
            platform: "cisco_ios".to_owned(),
            types: vec![TypeCoverage::example()],
        }
    }
}

impl From<coverage::DeviceCoverage> for DeviceCoverage {
    fn from(device: coverage::DeviceCoverage) -> Self {
        Self {
            device_id: device.device_id,
            device_name: device.device_name,
            site: device.site,
            platform: device.platform,
            types: device.types.into_iter().map(TypeCoverage::from).collect(),
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Question")]
impl Api {
    /// View the coverage
    ///
    /// How many devices have which capture type fresh, stale, failing or never. A failing one may still have a good text
    /// of before.
    #[oai(path = "/coverage", method = "get", operation_id = "coverage_view")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn coverage_view(
        &self,
        auth: Auth,
        /// Slugs of capture types; the eight usual ones unless given.
        capture_type: Query<Vec<String>>,
        /// From so many hours on a capture is stale: 26 unless given.
        stale_after_hours: Query<Option<u32>>,
        /// Names of devices; `*` stands for any characters.
        device: Query<Vec<String>>,
        /// Sites.
        site: Query<Vec<String>>,
        /// Slugs or aliases of platforms.
        platform: Query<Vec<String>>,
        /// Roles.
        role: Query<Vec<String>>,
        /// Labels.
        tag: Query<Vec<String>>,
        /// Whether they are collected: those that are, unless given.
        enabled: Query<Option<bool>>,
    ) -> Result<Json<Coverage>> {
        let filter = CoverageFilter {
            devices: DeviceFilter {
                name: device.0,
                site: site.0,
                platform: platform.0,
                role: role.0,
                tag: tag.0,
                enabled: enabled.0,
                ..DeviceFilter::default()
            },
            capture_types: capture_type.0,
            stale_after_hours: stale_after_hours.0,
            state: None,
        };
        let coverage = auth.service().coverage(auth.actor(), &filter).await?;
        let of_type = |(capture_type, counts): (String, coverage::CoverageCounts)| CoverageOfType {
            capture_type,
            counts: counts.into(),
        };
        let of_site = |site: coverage::SiteCoverage| CoverageOfSite {
            site: site.site,
            devices: site.devices,
            counts: site.counts.into(),
        };
        Ok(Json(Coverage {
            stale_after_hours: coverage.stale_after_hours,
            devices: coverage.devices,
            counts: coverage.counts.into(),
            types: coverage.types.into_iter().map(of_type).collect(),
            sites: coverage.sites.into_iter().map(of_site).collect(),
        }))
    }

    /// List devices by their coverage
    ///
    /// Devices by name, each with all capture types asked for.
    #[oai(path = "/coverage/devices", method = "get", operation_id = "coverage_device_list")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn coverage_device_list(
        &self,
        auth: Auth,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Only devices with one of the types in this state.
        state: Query<Option<CoverageState>>,
        /// Slugs of capture types; the eight usual ones unless given.
        capture_type: Query<Vec<String>>,
        /// From so many hours on a capture is stale: 26 unless given.
        stale_after_hours: Query<Option<u32>>,
        /// Names of devices; `*` stands for any characters.
        device: Query<Vec<String>>,
        /// Sites.
        site: Query<Vec<String>>,
        /// Slugs or aliases of platforms.
        platform: Query<Vec<String>>,
        /// Roles.
        role: Query<Vec<String>>,
        /// Labels.
        tag: Query<Vec<String>>,
        /// Whether they are collected: those that are, unless given.
        enabled: Query<Option<bool>>,
    ) -> Result<Json<Page<DeviceCoverage>>> {
        let page = paging::wanted(limit.0, page_token.0, None);
        let filter = CoverageFilter {
            devices: DeviceFilter {
                name: device.0,
                site: site.0,
                platform: platform.0,
                role: role.0,
                tag: tag.0,
                enabled: enabled.0,
                ..DeviceFilter::default()
            },
            capture_types: capture_type.0,
            stale_after_hours: stale_after_hours.0,
            state: state.0.map(Into::into),
        };
        let page = auth.service().coverage_devices(auth.actor(), &filter, &page).await?;
        Ok(Json(Page::of(page, DeviceCoverage::from)))
    }
}
