//! How answers look in HTTP: the status of every success, and RFC 9457 for everything that goes wrong. The only file that
//! knows status codes.

use std::fmt;

use poem::{
    Body, Response,
    error::{MethodNotAllowedError, NotFoundError, ReadBodyError, ResponseError},
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse, Object,
    error::{AuthorizationError, ContentTypeError, ParseParamError, ParsePathError, ParseRequestPayloadError},
    payload::{Binary, Json},
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::{ToJSON, Type},
};
use service::{
    error::{Error, ErrorKind, FieldProblem},
    version,
};

const MEDIA_TYPE: &str = "application/problem+json";

/// A thing that is read, with its version.
#[derive(ApiResponse)]
pub(crate) enum Viewed<T: Type + ToJSON> {
    /// As it is now.
    #[oai(status = 200)]
    Ok(
        Json<T>,
        /// Version of it, for `If-Match`.
        #[oai(header = "ETag")]
        String,
    ),
}

impl<T: Type + ToJSON> Viewed<T> {
    /// A thing that has no version of its own: another one whenever its answer is.
    pub(crate) fn of(value: T) -> Self {
        let tag = version::tag_of(&value.to_json_string());
        Self::Ok(Json(value), tag)
    }
}

/// A thing that was made.
#[derive(ApiResponse)]
pub(crate) enum Created<T: Type + ToJSON> {
    /// It was made.
    #[oai(status = 201)]
    Ok(
        Json<T>,
        /// Where it is.
        #[oai(header = "Location")]
        String,
        /// Version of it, for `If-Match`.
        #[oai(header = "ETag")]
        Option<String>,
    ),
}

/// Something that goes on now.
#[derive(ApiResponse)]
pub(crate) enum Accepted<T: Type + ToJSON> {
    /// It goes on; ask there how far it is.
    #[oai(status = 202)]
    Ok(
        Json<T>,
        /// Where it is.
        #[oai(header = "Location")]
        String,
    ),
}

/// A file.
#[derive(ApiResponse)]
pub(crate) enum File {
    /// The file.
    #[oai(status = 200, content_type = "text/plain; charset=utf-8")]
    Ok(
        Binary<Body>,
        /// Name of the file.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

/// A stored text.
#[derive(ApiResponse)]
pub(crate) enum Text {
    /// The text.
    #[oai(status = 200, content_type = "text/plain; charset=utf-8")]
    Ok(
        Binary<Vec<u8>>,
        /// Another one when the text is.
        #[oai(header = "ETag")]
        String,
        /// Keeps browsers from taking it for a page.
        #[oai(header = "Content-Security-Policy")]
        String,
    ),
    /// It is the text that the client has.
    #[oai(status = 304)]
    NotModified(
        /// The same as was sent.
        #[oai(header = "ETag")]
        String,
    ),
}

/// An archive of files.
#[derive(ApiResponse)]
pub(crate) enum Archive {
    /// The archive, written while it is read.
    #[oai(status = 200, content_type = "application/zip")]
    Ok(
        Binary<Body>,
        /// Name of the file.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

/// Changes as `diff -u` prints them.
#[derive(ApiResponse)]
pub(crate) enum Patch {
    /// The changes; empty where there are none.
    #[oai(status = 200, content_type = "text/x-diff; charset=utf-8")]
    Ok(
        Binary<Vec<u8>>,
        /// Name of the file.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

/// Tokens; for browsers that of the refresh as a cookie.
#[derive(ApiResponse)]
pub(crate) enum CookieSet<T: Type + ToJSON> {
    /// Logged in.
    #[oai(status = 200)]
    Ok(
        Json<T>,
        /// The refresh token, for browsers.
        #[oai(header = "Set-Cookie")]
        Option<String>,
    ),
}

/// Done, and the cookie is taken away.
#[derive(ApiResponse)]
pub(crate) enum CookieSetDone {
    /// It is done.
    #[oai(status = 204)]
    Ok(
        /// An empty one.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

/// Done; there is nothing to say.
#[derive(ApiResponse)]
pub(crate) enum Done {
    /// It is done.
    #[oai(status = 204)]
    Ok,
}

/// What is wrong with one field.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ProblemField", example)]
pub(crate) struct ProblemField {
    /// JSON pointer into the body, or the name of a parameter.
    pointer: String,
    /// What is wrong, and what would be right.
    detail: String,
}

impl poem_openapi::types::Example for ProblemField {
    fn example() -> Self {
        Self {
            pointer: "/options/max_workers".to_owned(),
            detail: "must be 1 to 1000".to_owned(),
        }
    }
}

/// Why a request was not done (RFC 9457).
#[derive(Debug, Clone, Object)]
#[oai(rename = "Problem", example)]
pub(crate) struct ProblemBody {
    /// Names the sort of problem.
    #[oai(rename = "type")]
    kind: String,
    /// The sort of problem in words.
    title: String,
    /// HTTP status.
    status: u16,
    /// Stable word for programs.
    code: String,
    /// What happened and what to do.
    detail: String,
    /// What is wrong with which field.
    #[oai(skip_serializing_if_is_none)]
    errors: Option<Vec<ProblemField>>,
    /// Id of this request, also in the log of the server.
    request_id: String,
}

impl poem_openapi::types::Example for ProblemBody {
    fn example() -> Self {
        Self {
            kind: "urn:showrun:problem:validation_failed".to_owned(),
            title: "The request says something impossible".to_owned(),
            status: 422,
            code: "validation_failed".to_owned(),
            detail: "The request is not valid".to_owned(),
            errors: Some(vec![ProblemField::example()]),
            request_id: "0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90".to_owned(),
        }
    }
}

/// What operations give instead of a success; made from an [`Error`] by `?`.
#[derive(Debug)]
pub(crate) struct Problem(pub(crate) Box<Error>);

/// What operations give.
pub(crate) type Result<T> = std::result::Result<T, Problem>;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        status_of(self.0.kind)
    }
}

impl ApiResponse for Problem {
    /// Every status with the same schema; the document leaves out what an operation cannot give.
    fn meta() -> MetaResponses {
        let answer = |(status, description): (StatusCode, &'static str)| MetaResponse {
            description,
            status: Some(status.as_u16()),
            status_range: None,
            content: vec![MetaMediaType {
                content_type: MEDIA_TYPE,
                schema: ProblemBody::schema_ref(),
            }],
            headers: Vec::new(),
        };
        MetaResponses {
            responses: STATUSES.into_iter().map(answer).collect(),
        }
    }

    fn register(registry: &mut Registry) {
        ProblemBody::register(registry);
    }
}

const STATUSES: [(StatusCode, &str); 13] = [
    (StatusCode::BAD_REQUEST, "The request cannot be read"),
    (StatusCode::UNAUTHORIZED, "Nobody is logged in"),
    (StatusCode::FORBIDDEN, "No right to do this"),
    (StatusCode::NOT_FOUND, "There is no such thing"),
    (StatusCode::CONFLICT, "It contradicts what there is"),
    (StatusCode::GONE, "It was there once"),
    (StatusCode::PRECONDITION_FAILED, "It was changed meanwhile"),
    (StatusCode::PAYLOAD_TOO_LARGE, "More than is taken"),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Another media type is needed"),
    (
        StatusCode::UNPROCESSABLE_ENTITY,
        "The request says something impossible",
    ),
    (StatusCode::TOO_MANY_REQUESTS, "Too often"),
    (StatusCode::INTERNAL_SERVER_ERROR, "A fault of the server"),
    (StatusCode::SERVICE_UNAVAILABLE, "The server cannot do it now"),
];

/// What an operation reads of a request, besides its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    None,
    Query,
    Body,
}

/// Which of the documented statuses an operation can give.
pub(crate) fn can_happen(status: &str, public: bool, has_path: bool, changes: bool, input: Input) -> bool {
    match status {
        "401" | "403" => !public || changes,
        "404" => has_path,
        "409" | "412" => changes,
        "410" => has_path && !changes,
        "413" | "415" => input == Input::Body,
        "422" => changes || input != Input::None,
        _ => true,
    }
}

fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Malformed => StatusCode::BAD_REQUEST,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Gone => StatusCode::GONE,
        ErrorKind::Changed => StatusCode::PRECONDITION_FAILED,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// There is nothing at this path.
pub(crate) fn nothing_here() -> Problem {
    Error::new(ErrorKind::NotFound, "not_found", "There is nothing at this path").into()
}

/// The path is right and the method is not; `allow` are the right ones.
pub(crate) fn method_not_allowed(allow: &str) -> Response {
    let error = Error::new(
        ErrorKind::Malformed,
        "method_not_allowed",
        format!("This path takes {allow}"),
    );
    let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, &error, "");
    if let Ok(allow) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// The answer to whatever went wrong.
pub(crate) fn answer(error: &poem::Error, request_id: &str) -> Response {
    if let Some(Problem(error)) = error.downcast_ref::<Problem>() {
        return problem(status_of(error.kind), error, request_id);
    }
    let error = known(error);
    match error {
        Ok(error) => problem(status_of(error.kind), &error, request_id),
        Err(status) => plain(status, request_id),
    }
}

/// Errors of the framework in our words; an `Err` is only a status.
fn known(error: &poem::Error) -> std::result::Result<Error, StatusCode> {
    if let Some(error) = error.downcast_ref::<ParseRequestPayloadError>() {
        if let Some(place) = place_of_syntax_error(&error.reason) {
            let message = format!("The body is no JSON that can be read: see {place}");
            return Ok(Error::new(ErrorKind::Malformed, "malformed_json", message));
        }
        return Ok(Error::field("", without_values(&error.reason)));
    }
    if let Some(error) = error.downcast_ref::<ParseParamError>() {
        let mut problem = Error::new(
            ErrorKind::Malformed,
            "parameter_invalid",
            format!("The parameter {} cannot be read", error.name),
        );
        problem.fields.push(FieldProblem {
            pointer: error.name.to_owned(),
            detail: without_values(&error.reason),
        });
        return Ok(problem);
    }
    if error.is::<ParsePathError>() || error.is::<NotFoundError>() {
        return Ok(*nothing_here().0);
    }
    if error.is::<AuthorizationError>() {
        return Ok(unauthenticated());
    }
    if let Some(ReadBodyError::PayloadTooLarge) = error.downcast_ref::<ReadBodyError>() {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    if error.is::<ContentTypeError>() {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    if error.is::<MethodNotAllowedError>() {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    Err(error.status())
}

/// Nobody is logged in.
pub(crate) fn unauthenticated() -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        "unauthenticated",
        "Log in and send the access token or an API token as Authorization: Bearer",
    )
}

/// `line 1 column 7`, when the reader of JSON says so at the end of its complaint.
fn place_of_syntax_error(reason: &str) -> Option<&str> {
    let (_, place) = reason.rsplit_once(" at ")?;
    let (line, column) = place.strip_prefix("line ")?.split_once(" column ")?;
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    (is_number(line) && is_number(column)).then_some(place)
}

/// What the framework says about a value, without the value: it may be a secret.
fn without_values(reason: &str) -> String {
    let mut text = reason.replace("Expected input type", "expected");
    if let Some((before, after)) = text.split_once(", found ") {
        let context = after.rfind(" (occurred while").map(|at| after.split_at(at).1);
        text = format!("{before}{}", context.unwrap_or_default());
    }
    text
}

/// Turns an answer with an error status that is no problem yet into one, and names the request in one that does not.
pub(crate) fn complete(mut response: Response, request_id: &str) -> Response {
    if let Some(body) = response.data::<ProblemBody>().filter(|body| body.request_id.is_empty()) {
        let request_id = request_id.to_owned();
        let body = ProblemBody {
            request_id,
            ..body.clone()
        };
        response.set_body(body.to_json_string());
        return response;
    }
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.content_type() == Some(MEDIA_TYPE) {
        return response;
    }
    let mut made = plain(status, request_id);
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            made.headers_mut().insert(name, value.clone());
        }
    }
    made
}

/// What a status alone says.
fn plain(status: StatusCode, request_id: &str) -> Response {
    let (code, detail) = match status {
        StatusCode::UNAUTHORIZED => ("unauthenticated", "Log in first"),
        StatusCode::FORBIDDEN => ("forbidden", "This is not allowed"),
        StatusCode::NOT_FOUND => ("not_found", "There is nothing at this path"),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "This path does not take this method"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The request is larger than what is taken here"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            "unsupported_media_type",
            "The Content-Type of the request is not one that is taken here: most operations take application/json",
        ),
        StatusCode::TOO_MANY_REQUESTS => ("throttled", "Too many requests: try again later"),
        StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "The server cannot do this now: try again later"),
        status if status.is_server_error() => ("internal", "The server could not do this; its log says why"),
        _ => ("bad_request", "The request cannot be read"),
    };
    problem(status, &Error::new(ErrorKind::Internal, code, detail), request_id)
}

fn problem(status: StatusCode, error: &Error, request_id: &str) -> Response {
    let errors: Vec<ProblemField> = error
        .fields
        .iter()
        .map(|field| ProblemField {
            pointer: field.pointer.clone(),
            detail: field.detail.clone(),
        })
        .collect();
    let title = STATUSES.iter().find(|(known, _)| *known == status);
    let title = title.map_or(status.canonical_reason().unwrap_or("Error"), |(_, title)| title);
    let body = ProblemBody {
        kind: format!("urn:showrun:problem:{}", error.code),
        title: title.to_owned(),
        status: status.as_u16(),
        code: error.code.to_owned(),
        detail: error.message.clone(),
        errors: (!errors.is_empty()).then_some(errors),
        request_id: request_id.to_owned(),
    };
    let mut response = Response::builder()
        .status(status)
        .content_type(MEDIA_TYPE)
        .body(body.to_json_string());
    response.set_data(body);
    if status == StatusCode::UNAUTHORIZED {
        let value = HeaderValue::from_static("Bearer realm=\"showrun\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// An answer that was kept; `None` when it is none.
pub(crate) fn kept(answer: &service::idempotency::Answer) -> Option<Response> {
    let status = StatusCode::from_u16(answer.status).ok()?;
    let builder = answer
        .headers
        .iter()
        .fold(Response::builder().status(status), |builder, (name, value)| {
            builder.header(name.as_str(), value.as_str())
        });
    Some(builder.header("idempotency-replayed", "true").body(answer.body.clone()))
}

/// The answer to a request that was done before it could be answered: what it made, as that is now.
pub(crate) fn accepted(mut made: Response, location: &str) -> Response {
    made.set_status(StatusCode::ACCEPTED);
    let headers = made.headers_mut();
    headers.insert("idempotency-replayed", header::HeaderValue::from_static("true"));
    if let Ok(location) = header::HeaderValue::from_str(location) {
        headers.insert(header::LOCATION, location);
    }
    made
}

/// Whether the server is well, for those who ask it often.
pub(crate) fn health(good: bool) -> Response {
    let (status, text) = match good {
        true => (StatusCode::OK, "ok"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    Response::builder()
        .status(status)
        .content_type("application/json")
        .body(format!("{{\"status\":\"{text}\"}}"))
}

/// An operation ended in a panic; the log has the rest.
pub(crate) fn fault() -> Response {
    plain(StatusCode::INTERNAL_SERVER_ERROR, "")
}

/// The copy that the browser has is still good.
pub(crate) fn not_modified(etag: &str) -> Response {
    Response::builder()
        .status(StatusCode::NOT_MODIFIED)
        .header(header::ETAG, etag)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_framework_says_holds_no_value() {
        let reason = r#"failed to parse "Login": Expected input type "string", found {"a":"hunter2, found"}. (occurred while parsing "Login")"#;
        assert_eq!(
            without_values(reason),
            r#"failed to parse "Login": expected "string" (occurred while parsing "Login")"#
        );
        assert_eq!(without_values("plain"), "plain");
    }

    #[test]
    fn a_syntax_error_is_told_from_a_wrong_value() {
        let reason = "recursion limit exceeded at line 1 column 128";
        assert_eq!(place_of_syntax_error(reason), Some("line 1 column 128"));
        assert_eq!(
            place_of_syntax_error("failed to parse \"a\": expected \"string\""),
            None
        );
        assert_eq!(place_of_syntax_error("nobody is at line 1 column x"), None);
    }

    #[tokio::test]
    async fn every_kind_is_a_problem() {
        let mut error = Error::field("/name", "is taken");
        error.retry_after = Some(3);
        let response = answer(&Problem::from(error).into(), "r1");
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(response.header("retry-after"), Some("3"));
        assert_eq!(response.content_type(), Some(MEDIA_TYPE));
        let body: serde_json::Value = response.into_body().into_json().await.unwrap();
        assert_eq!(body["code"], "validation_failed");
        assert_eq!(body["errors"][0]["pointer"], "/name");
        assert_eq!(body["request_id"], "r1");
        let foreign = answer(
            &poem::Error::from_string("secret", StatusCode::INTERNAL_SERVER_ERROR),
            "r2",
        );
        let body = foreign.into_body().into_string().await.unwrap();
        assert!(!body.contains("secret"), "{body}");
    }
}
