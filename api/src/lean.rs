//! An answer in JSON that is written at once, without a tree of it in memory first: for answers of tens of thousands of
//! lines, where the tree costs more than what the answer says.

use poem::{IntoResponse, Response};
use poem_openapi::{
    ApiResponse,
    payload::{Json, Payload},
    registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry},
    types::Type,
};
use serde::Serialize;
use service::error::Error;

use crate::problem::Problem;

/// As [`Json`], of what serde writes. Its names have to be those of the schema.
pub(crate) struct LeanJson<T>(pub(crate) T);

impl<T: Type> Payload for LeanJson<T> {
    const CONTENT_TYPE: &'static str = <Json<T> as Payload>::CONTENT_TYPE;

    fn check_content_type(content_type: &str) -> bool {
        <Json<T> as Payload>::check_content_type(content_type)
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Serialize + Send> IntoResponse for LeanJson<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => Response::builder()
                .content_type("application/json; charset=utf-8")
                .body(body),
            Err(error) => poem::Error::from(Problem::from(Error::internal(error))).into_response(),
        }
    }
}

impl<T: Type + Serialize> ApiResponse for LeanJson<T> {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "",
                status: Some(200),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: Self::CONTENT_TYPE,
                    schema: Self::schema_ref(),
                }],
                headers: Vec::new(),
            }],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::types::{Example, ToJSON};
    use serde_json::Value;

    use crate::v1::capture_diffs::CaptureDiff;

    #[test]
    fn what_is_written_at_once_is_what_the_schema_says() {
        let example = CaptureDiff::example();
        let written: Value = serde_json::from_slice(&serde_json::to_vec(&example).unwrap()).unwrap();
        assert_eq!(Some(written), example.to_json());
    }
}
