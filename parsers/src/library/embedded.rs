//! What travels inside the binary: the fetched templates when they were there at build time, ours, and the mappings.

use std::{borrow::Cow, sync::LazyLock};

use rust_embed::{Embed, EmbeddedFile};

/// Fetched by `make templates`; the folder is not in the repository and may be missing.
#[derive(Embed)]
#[folder = "templates-ntc/"]
#[allow_missing = true]
struct Fetched;

#[derive(Embed)]
#[folder = "templates/"]
struct Own;

#[derive(Embed)]
#[folder = "mappings/"]
struct Mappings;

fn text(file: EmbeddedFile) -> Option<Cow<'static, str>> {
    match file.data {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// A file of ntc-templates.
pub(super) fn fetched(name: &str) -> Option<Cow<'static, str>> {
    Fetched::get(name).and_then(text)
}

/// A template of ours, or our index.
pub(super) fn own(name: &str) -> Option<Cow<'static, str>> {
    Own::get(name).and_then(text)
}

/// Every mapping file, by its name.
pub(super) fn mappings() -> impl Iterator<Item = (String, Cow<'static, str>)> {
    Mappings::iter().filter_map(|name| Some((name.to_string(), text(Mappings::get(&name)?)?)))
}

static NOTICE: LazyLock<Option<String>> = LazyLock::new(|| {
    if Fetched::get("index").is_some() {
        return None;
    }
    Some(
        "This build has no parsing templates of ntc-templates inside: `make templates` before the build puts them \
         there. Until then only Showrun's own templates and those of the templates directory are used."
            .to_owned(),
    )
});

/// What to tell at start when the build was made without the templates of ntc-templates; nothing when they are there.
#[must_use]
pub fn built_in_notice() -> Option<&'static str> {
    NOTICE.as_deref()
}

/// The licence of the built-in templates, which travels with them, and the version they are of.
#[must_use]
pub fn ntc_licence() -> Option<String> {
    let version = fetched("VERSION").unwrap_or_default();
    let licence = fetched("LICENSE")?;
    Some(format!("ntc-templates {}\n\n{licence}", version.trim()))
}
