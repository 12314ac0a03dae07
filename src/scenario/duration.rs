//! Durations in a scenario and on the command line: `200ms`, `3s`, `1m30s`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

use super::text::{LONGEST_QUOTE, excerpt};

/// The longest duration that anything accepts: a lesson that takes longer teaches nothing more.
pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads `0s`, `200ms`, `3s`, `1m30s`; the error ends with what to write instead, after `; `.
pub fn parse(text: &str) -> Result<Duration, String> {
    let shown = excerpt(text.trim(), LONGEST_QUOTE);
    let duration = humantime::parse_duration(text.trim())
        .map_err(|_| format!("`{shown}` is not a duration; write a number and a unit: 200ms, 3s, 1m30s"))?;
    if duration > LONGEST {
        return Err(format!("`{shown}` is longer than a day; use at most 24h"));
    }
    Ok(duration)
}

/// Writes it so that [`parse`] reads it back: `200ms`, `3s`, `1m30s`.
pub fn format(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}

/// For serde: a duration as its text.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*duration))
}

/// For serde: a duration from its text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// For serde: a duration that may be left out.
pub mod optional {
    use super::{Deserialize, Deserializer, Duration, Serializer, parse};

    /// Writes the text, or nothing.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads the text, or nothing.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Option::<String>::deserialize(deserializer)?
            .map(|text| parse(&text).map_err(serde::de::Error::custom))
            .transpose()
    }
}
