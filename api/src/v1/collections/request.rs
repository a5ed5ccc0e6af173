//! What a collection is asked for with, as JSON.

use std::borrow::Cow;

use poem_openapi::{
    Object,
    registry::{MetaSchema, MetaSchemaRef},
    types::{Example, ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use service::{
    collections::{CollectionOptions, CollectionRequest, CredentialChoice, InlineCredentials, Retry, RetryOnly},
    devices::DeviceFilter,
    error::{Error, FieldProblem},
};
use uuid::Uuid;

/// One text or several: `"ams"` is the same as `["ams"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Texts(pub(crate) Vec<String>);

impl Type for Texts {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "texts".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        let text = || MetaSchemaRef::Inline(Box::new(MetaSchema::new("string")));
        let mut list = MetaSchema::new("array");
        list.items = Some(Box::new(text()));
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            one_of: vec![text(), MetaSchemaRef::Inline(Box::new(list))],
            ..MetaSchema::ANY
        }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl ParseFromJSON for Texts {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let text = |value: Value| match value {
            Value::String(text) => Ok(text),
            other => Err(ParseError::expected_type(other)),
        };
        match value.unwrap_or_default() {
            Value::String(one) => Ok(Self(vec![one])),
            Value::Array(several) => Ok(Self(several.into_iter().map(text).collect::<Result<_, _>>()?)),
            other => Err(ParseError::expected_type(other)),
        }
    }
}

impl ToJSON for Texts {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.clone().into())
    }
}

/// Which devices are meant. Several values of one filter are alternatives, different filters narrow each other; case does
/// not matter, `*` stands for any characters, and what is empty filters nothing.
#[derive(Object, Default)]
#[oai(rename = "DeviceFilters", example)]
pub(crate) struct Filters {
    /// Who made it.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) vendor: Option<Texts>,
    /// Slug or alias of the platform.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) platform: Option<Texts>,
    /// Where it stands.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) site: Option<Texts>,
    /// What it is for.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) role: Option<Texts>,
    /// A label.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) tag: Option<Texts>,
    /// Its name.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) name: Option<Texts>,
    /// Words that all stand somewhere in what is known of it.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) q: Option<String>,
}

impl Example for Filters {
    fn example() -> Self {
        Self {
            vendor: Some(Texts(vec!["Cisco".to_owned()])),
            site: Some(Texts(vec!["ams*".to_owned()])),
            ..Self::default()
        }
    }
}

impl From<Filters> for DeviceFilter {
    fn from(filters: Filters) -> Self {
        let texts = |texts: Option<Texts>| {
            texts
                .unwrap_or_default()
                .0
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect()
        };
        Self {
            vendor: texts(filters.vendor),
            platform: texts(filters.platform),
            site: texts(filters.site),
            role: texts(filters.role),
            tag: texts(filters.tag),
            name: texts(filters.name),
            q: filters.q,
            enabled: None,
        }
    }
}

/// What devices are logged in with: a saved credential, or one that is forgotten after the collection.
#[derive(Object, Default)]
#[oai(rename = "CollectionCredentials", example)]
pub(crate) struct Credentials {
    /// A saved credential, for all devices.
    #[oai(skip_serializing_if_is_none)]
    credential_id: Option<Uuid>,
    /// Name of the user.
    #[oai(skip_serializing_if_is_none, validator(max_length = 256))]
    username: Option<String>,
    /// Password.
    #[oai(skip_serializing_if_is_none, validator(max_length = 1024))]
    password: Option<String>,
    /// Enable password.
    #[oai(skip_serializing_if_is_none, validator(max_length = 1024))]
    enable_password: Option<String>,
    /// Private key, in the format of OpenSSH or PEM.
    #[oai(skip_serializing_if_is_none, validator(max_length = 65536))]
    private_key: Option<String>,
    /// Passphrase of the private key.
    #[oai(skip_serializing_if_is_none, validator(max_length = 1024))]
    passphrase: Option<String>,
}

impl Example for Credentials {
    fn example() -> Self {
        Self {
            username: Some("cisco".to_owned()),
            password: Some("cisco".to_owned()),
            ..Self::default()
        }
    }
}

fn choice(credentials: Option<Credentials>) -> Result<CredentialChoice, Error> {
    let Some(given) = credentials else {
        return Ok(CredentialChoice::Bound);
    };
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty()).map(Into::into);
    let inline = given.username.is_some() || given.password.is_some() || given.private_key.is_some();
    match (given.credential_id, inline) {
        (Some(id), false) => Ok(CredentialChoice::Saved(id)),
        (Some(_), true) => Err(Error::field(
            "/credentials",
            "give either credential_id or user name and secret, not both",
        )),
        (None, false) => Ok(CredentialChoice::Bound),
        (None, true) => Ok(CredentialChoice::Inline(InlineCredentials {
            username: given.username.unwrap_or_default(),
            password: filled(given.password),
            enable_password: filled(given.enable_password),
            private_key: filled(given.private_key),
            passphrase: filled(given.passphrase),
        })),
    }
}

/// Numbers and limits; what is absent is as usual.
#[derive(Object, Default)]
#[oai(rename = "CollectionOptions", example)]
pub(crate) struct Options {
    /// Devices at the same time: 1 to 1000, usually 5.
    #[oai(skip_serializing_if_is_none)]
    max_workers: Option<u32>,
    /// Whether what was collected is loaded into the tables; usually it is.
    #[oai(skip_serializing_if_is_none)]
    auto_load_db: Option<bool>,
    /// Longest silence of a command, usually 15.
    #[oai(skip_serializing_if_is_none)]
    command_timeout_seconds: Option<u32>,
    /// Longest time of a command; absent: as the platform says, else 300.
    #[oai(skip_serializing_if_is_none)]
    command_total_seconds: Option<u32>,
    /// For TCP, usually 10.
    #[oai(skip_serializing_if_is_none)]
    connect_timeout_seconds: Option<u32>,
    /// Devices of one site at the same time; 0: no limit.
    #[oai(skip_serializing_if_is_none)]
    max_per_site: Option<u32>,
    /// Refused logins in a row that close a credential, usually 3; 0 turns this off.
    #[oai(skip_serializing_if_is_none)]
    auth_failure_limit: Option<u32>,
    /// Further attempts after failures that may pass by themselves.
    #[oai(skip_serializing_if_is_none)]
    retries: Option<u32>,
    /// Whether transcripts are kept of devices that succeeded, too.
    #[oai(skip_serializing_if_is_none)]
    keep_transcripts: Option<bool>,
}

impl Example for Options {
    fn example() -> Self {
        CollectionOptions::default().into()
    }
}

impl From<CollectionOptions> for Options {
    fn from(options: CollectionOptions) -> Self {
        Self {
            max_workers: Some(options.max_workers),
            auto_load_db: Some(options.auto_load_db),
            command_timeout_seconds: Some(options.command_timeout_seconds),
            command_total_seconds: options.command_total_seconds,
            connect_timeout_seconds: Some(options.connect_timeout_seconds),
            max_per_site: Some(options.max_per_site),
            auth_failure_limit: Some(options.auth_failure_limit),
            retries: Some(options.retries),
            keep_transcripts: Some(options.keep_transcripts),
        }
    }
}

impl From<Options> for CollectionOptions {
    fn from(options: Options) -> Self {
        let usual = Self::default();
        Self {
            max_workers: options.max_workers.unwrap_or(usual.max_workers),
            auto_load_db: options.auto_load_db.unwrap_or(usual.auto_load_db),
            command_timeout_seconds: options.command_timeout_seconds.unwrap_or(usual.command_timeout_seconds),
            command_total_seconds: options.command_total_seconds,
            connect_timeout_seconds: options.connect_timeout_seconds.unwrap_or(usual.connect_timeout_seconds),
            max_per_site: options.max_per_site.unwrap_or(usual.max_per_site),
            auth_failure_limit: options.auth_failure_limit.unwrap_or(usual.auth_failure_limit),
            retries: options.retries.unwrap_or(usual.retries),
            keep_transcripts: options.keep_transcripts.unwrap_or(usual.keep_transcripts),
        }
    }
}

/// A collection that is asked for. `devices` and `filters` narrow each other; one of them must be there.
#[derive(Object, Default)]
#[oai(example)]
pub(crate) struct CollectionCreate {
    /// What people call it; absent: named after its time.
    #[oai(skip_serializing_if_is_none)]
    name: Option<String>,
    /// Ids of devices.
    #[oai(skip_serializing_if_is_none)]
    devices: Option<Vec<Uuid>>,
    /// Ids of devices that are left out.
    #[oai(skip_serializing_if_is_none)]
    exclude_devices: Option<Vec<Uuid>>,
    /// Which devices are meant.
    #[oai(skip_serializing_if_is_none)]
    filters: Option<Filters>,
    /// Capture types; a preflight needs none.
    #[oai(default)]
    capture_types: Vec<String>,
    /// What devices are logged in with; absent: each with what it is bound to.
    #[oai(skip_serializing_if_is_none)]
    credentials: Option<Credentials>,
    /// Numbers and limits.
    #[oai(skip_serializing_if_is_none)]
    options: Option<Options>,
}

impl Example for CollectionCreate {
    fn example() -> Self {
        Self {
            name: Some("nightly".to_owned()),
            filters: Some(Filters::example()),
            capture_types: ["configs", "arp", "mac"].map(str::to_owned).to_vec(),
            credentials: Some(Credentials::example()),
            options: Some(Options {
                max_workers: Some(5),
                auto_load_db: Some(true),
                ..Options::default()
            }),
            ..Self::default()
        }
    }
}

impl CollectionCreate {
    /// As the application takes it.
    ///
    /// # Errors
    /// `validation_failed`.
    pub(crate) fn into_request(self) -> Result<CollectionRequest, Error> {
        Ok(CollectionRequest {
            name: self.name.unwrap_or_default(),
            devices: self.devices,
            exclude_devices: self.exclude_devices.unwrap_or_default(),
            filters: self.filters.map(Into::into),
            capture_types: self.capture_types,
            credentials: choice(self.credentials)?,
            options: self.options.map(Into::into).unwrap_or_default(),
        })
    }
}

/// Which of the failed devices are tried again.
#[derive(Object, Default)]
#[oai(rename = "RetryOnly", example)]
pub(crate) struct Only {
    /// Those that failed for these reasons.
    #[oai(skip_serializing_if_is_none)]
    failure_kinds: Option<Vec<String>>,
    /// Those with these ids.
    #[oai(skip_serializing_if_is_none)]
    device_ids: Option<Vec<Uuid>>,
}

impl Example for Only {
    fn example() -> Self {
        Self {
            failure_kinds: Some(vec!["connect_timeout".to_owned()]),
            device_ids: None,
        }
    }
}

/// A retry that is asked for.
#[derive(Object, Default)]
#[oai(example)]
pub(crate) struct CollectionRetry {
    /// Not all that failed, but these.
    #[oai(skip_serializing_if_is_none)]
    only: Option<Only>,
    /// Whether cancelled devices are tried again, too.
    #[oai(skip_serializing_if_is_none)]
    include_cancelled: Option<bool>,
    /// Other credentials; absent: those of the first run.
    #[oai(skip_serializing_if_is_none)]
    credentials: Option<Credentials>,
    /// Other numbers and limits; absent: those of the first run.
    #[oai(skip_serializing_if_is_none)]
    options: Option<Options>,
}

impl Example for CollectionRetry {
    fn example() -> Self {
        Self {
            only: Some(Only::example()),
            ..Self::default()
        }
    }
}

impl CollectionRetry {
    /// As the application takes it.
    ///
    /// # Errors
    /// `validation_failed`.
    pub(crate) fn into_retry(self) -> Result<Retry, Error> {
        let only = self.only.unwrap_or_default();
        Ok(Retry {
            only: RetryOnly {
                failure_kinds: only.failure_kinds.unwrap_or_default(),
                device_ids: only.device_ids.unwrap_or_default(),
            },
            include_cancelled: self.include_cancelled.unwrap_or_default(),
            credentials: choice(self.credentials)?,
            options: self.options.map(Into::into),
        })
    }
}

/// Values of a closed list, from a repeated parameter.
///
/// # Errors
/// `validation_failed`, with what there is.
pub(crate) fn words<T: Copy>(parameter: &str, given: &[String], known: &[(&str, T)]) -> Result<Vec<T>, Error> {
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for word in given.iter().filter(|word| !word.is_empty()) {
        match known.iter().find(|(name, _)| name == word) {
            Some((_, value)) => found.push(*value),
            None => {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                problems.push(FieldProblem {
                    pointer: parameter.to_owned(),
                    detail: format!("must be one of {}", names.join(", ")),
                });
            }
        }
    }
    match problems.is_empty() {
        true => Ok(found),
        false => Err(Error::fields(problems)),
    }
}
