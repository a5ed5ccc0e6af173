//! Times as answers show them: RFC 3339 in UTC, with milliseconds.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use service::time::shown;

/// A time, as it is stored: milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) i64);

impl Type for Time {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "string_date-time".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "date-time")))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&shown(self.0).to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl ToJSON for Time {
    fn to_json(&self) -> Option<Value> {
        Some(shown(self.0).to_rfc3339_opts(SecondsFormat::Millis, true).into())
    }
}

impl ParseFromJSON for Time {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value.unwrap_or_default() {
            Value::String(text) => Self::parse_from_parameter(&text),
            value => Err(ParseError::expected_type(value)),
        }
    }
}

impl ParseFromParameter for Time {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        let time = DateTime::parse_from_rfc3339(text);
        let time = time.map_err(|_| ParseError::custom("a time is written as 2026-01-31T06:30:00Z"))?;
        Ok(Self(time.with_timezone(&Utc).timestamp_millis()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc_and_read_in_any_zone() {
        let time = Time::parse_from_parameter("2026-01-31T07:30:00+01:00").unwrap();
        assert_eq!(time.to_json(), Some("2026-01-31T06:30:00.000Z".into()));
        assert!(Time::parse_from_parameter("yesterday").is_err());
        assert!(Time::parse_from_json(Some(5.into())).is_err());
    }
}
