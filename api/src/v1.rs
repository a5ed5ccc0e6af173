//! The operations of the API, one file for each noun.

use poem_openapi::Tags;

pub(crate) mod api_tokens;
pub(crate) mod audit_events;
pub(crate) mod auth;
pub(crate) mod settings;
pub(crate) mod users;
pub(crate) mod version;

/// Areas of the document.
#[derive(Tags)]
pub(crate) enum Tag {
    /// Logging in and out.
    #[oai(rename = "auth")]
    Auth,
    /// Persons who may log in.
    #[oai(rename = "user")]
    User,
    /// Tokens of programs.
    #[oai(rename = "api_token")]
    ApiToken,
    /// Who did what.
    #[oai(rename = "audit_event")]
    AuditEvent,
    /// Settings of the server.
    #[oai(rename = "settings")]
    Settings,
    /// The server itself.
    #[oai(rename = "version")]
    Version,
}

/// All operations of the document.
pub(crate) fn operations() -> impl poem_openapi::OpenApi {
    (
        auth::Api,
        users::Api,
        api_tokens::Api,
        audit_events::Api,
        settings::Api,
        version::Api,
    )
}

/// Plain handlers beside them; their paths stand in `roles::PLAIN`, too.
pub(crate) fn plain(route: poem::Route) -> poem::Route {
    route
}
