//! A JSON Schema of specs, made of the tables that the decoder goes by, for editors to complete
//! and check with.

use serde_json::{Map, Value, json};

use super::Spec;
use super::form::BESIDE_LAYERS;
use super::name::KEYWORDS;
use super::table::{Absent, Case, Field, Kind, Unit, Word};

/// The schema of a spec, in JSON Schema's draft 2020-12.
///
/// It knows every key, type, range and default, and which keys belong to which form. What values
/// may not stand together is for the compiler to find.
pub fn schema() -> Value {
    let mut schema = mapping(Spec::FIELDS);
    let gives = ["layers", "head", "outputs"].map(|key| json!({"required": [key]}));
    schema.insert("anyOf".to_owned(), json!(gives));
    schema.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("title".to_owned(), json!("A residual network"));
    Value::Object(schema)
}

fn mapping(fields: &[Field]) -> Map<String, Value> {
    let properties = fields.iter().map(|field| {
        let mut property = of_kind(&field.rule.kind);
        property.insert("description".to_owned(), json!(field.doc));
        if let Some(default) = default(field) {
            property.insert("default".to_owned(), default);
        }
        (field.name.to_owned(), Value::Object(property))
    });
    let needed = fields
        .iter()
        .filter(|field| matches!(field.rule.absent, Absent::Error))
        .map(|field| json!(field.name));
    let mut schema = object(json!({
        "type": "object",
        "properties": properties.collect::<Map<_, _>>(),
        "required": needed.collect::<Vec<_>>(),
        "additionalProperties": false,
    }));
    let rules: Vec<_> = forms(fields).into_iter().chain(operators(fields)).collect();
    if !rules.is_empty() {
        schema.insert("allOf".to_owned(), json!(rules));
    }
    schema
}

/// That `layers` stand in place of other keys, which are needed without them.
fn forms(fields: &[Field]) -> Option<Value> {
    let needed = |field: &&Field| matches!(field.rule.absent, Absent::Unless(["layers"]));
    let needed: Vec<_> = fields
        .iter()
        .filter(needed)
        .map(|field| field.name)
        .collect();
    let others = fields.iter().map(|field| field.name);
    let others = others.filter(|name| !BESIDE_LAYERS.contains(name));
    (!needed.is_empty()).then(|| {
        json!({
            "if": {"required": ["layers"]},
            "then": none_of(others),
            "else": {"required": needed},
        })
    })
}

/// That there is one operator, which goes without `input` if it lists what it reads.
fn operators(fields: &[Field]) -> Vec<Value> {
    let operators = || {
        let fields = fields.iter();
        fields.filter(|field| matches!(field.rule.absent, Absent::OneOf))
    };
    let one: Vec<_> = operators()
        .map(|field| json!({"required": [field.name]}))
        .collect();
    if one.is_empty() {
        return Vec::new();
    }
    let listing = operators().filter(|field| matches!(field.rule.kind, Kind::Values { .. }));
    vec![
        json!({"oneOf": one}),
        json!({"if": {"required": ["input"]}, "then": none_of(listing.map(|field| field.name))}),
    ]
}

/// A mapping without these keys.
fn none_of<'a>(names: impl Iterator<Item = &'a str>) -> Value {
    let properties = names.map(|name| (name.to_owned(), json!(false)));
    json!({"properties": properties.collect::<Map<_, _>>()})
}

fn of_kind(kind: &Kind) -> Map<String, Value> {
    object(match kind {
        Kind::Whole(min, max) => whole(*min, *max),
        Kind::Pair(min, max) => json!({"anyOf": [
            whole(*min, *max),
            {"type": "array", "items": whole(*min, *max), "minItems": 2, "maxItems": 2},
        ]}),
        Kind::Real(min, max) => json!({"type": "number", "minimum": min, "maximum": max}),
        Kind::Quantity(units) => quantity(units),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Text => json!({"type": "string"}),
        Kind::Name => json!({
            "type": "string",
            "pattern": "^_*[a-z][a-z0-9_]*$",
            "maxLength": 64,
            "not": {"enum": KEYWORDS},
        }),
        Kind::LayerName => layer_name(),
        Kind::Choice(words) => json!({"oneOf": words.iter().map(word).collect::<Vec<_>>()}),
        Kind::Variant(cases) => {
            json!({"anyOf": cases.iter().flat_map(case).collect::<Vec<_>>()})
        }
        Kind::Mapping(fields) => return mapping(fields),
        Kind::Switch(fields) => json!({"anyOf": [{"const": "none"}, mapping(fields)]}),
        Kind::List { item, min, max } => {
            json!({"type": "array", "items": mapping(item), "minItems": min, "maxItems": max})
        }
        Kind::Values { item, min, max } => {
            json!({"type": "array", "items": of_kind(item), "minItems": min, "maxItems": max})
        }
        Kind::Either(words, other) => {
            let words = words.iter().map(word);
            let all: Vec<_> = words.chain([Value::Object(of_kind(other))]).collect();
            json!({"anyOf": all})
        }
        Kind::Names => json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": layer_name(),
            "additionalProperties": layer_name(),
        }),
    })
}

fn whole(min: usize, max: usize) -> Value {
    json!({"type": "integer", "minimum": min, "maximum": max})
}

fn layer_name() -> Value {
    json!({"type": "string", "pattern": r"^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$", "maxLength": 128})
}

fn word(word: &Word) -> Value {
    json!({"const": word.word, "description": word.doc})
}

/// A word alone, and with its keys; alone too if none of them is required.
fn case(case: &Case) -> Vec<Value> {
    let alone = json!({"const": case.word, "description": case.doc});
    let Some(fields) = case.fields else {
        return vec![alone];
    };
    let with_keys = json!({
        "type": "object",
        "description": case.doc,
        "properties": {case.word: mapping(fields)},
        "required": [case.word],
        "additionalProperties": false,
    });
    let required = |field: &Field| matches!(field.rule.absent, Absent::Error);
    match fields.iter().any(required) {
        true => vec![with_keys],
        false => vec![alone, with_keys],
    }
}

fn quantity(units: &[Unit]) -> Value {
    let names: Vec<_> = units.iter().map(|unit| unit.name).collect();
    let pattern = format!(r"^[0-9]+(\.[0-9]+)? ?({})$", names.join("|"));
    json!({"anyOf": [
        {"type": "integer", "minimum": 1},
        {"type": "string", "pattern": pattern},
    ]})
}

fn default(field: &Field) -> Option<Value> {
    match field.rule.absent {
        Absent::Default(number) => Some(json!(number)),
        Absent::Number(number) => Some(json!(number)),
        Absent::Flag(value) => Some(json!(value)),
        Absent::Word(word) => Some(json!(word)),
        Absent::Error | Absent::Nothing | Absent::OneOf | Absent::HalfOf(_) | Absent::Unless(_) => {
            None
        }
    }
}

/// The members of a value that is an object.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
